"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""
# mypy: ignore-errors

VERSION = "2.22.3"
import re

from collections.abc import Callable


class JsonSchemaValueException(ValueError):
    """One violation. `name` leads to the value (`data.items[0].sku`); `definition` is its schema if `rule` needs it."""

    def __init__(self, message, value=None, name="data", definition=None, rule=""):
        super().__init__(message)
        self.message, self.value, self.name, self.definition, self.rule = message, value, name, definition, rule


class JsonSchemaValuesException(ValueError):
    """Every violation of one document."""

    def __init__(self, errors):
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors



REGEX_PATTERNS = {
    '^[a-z][a-z0-9_.-]{0,63}$': re.compile('^[a-z][a-z0-9_.-]{0,63}\\Z'),
    '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$': re.compile('^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\\Z'),
    '^[A-Z]{3}$': re.compile('^[A-Z]{3}\\Z'),
    '^[^\\x00]*$': re.compile('^[^\\x00]*\\Z'),
    '^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$': re.compile('^(0|[1-9][0-9]{0,7})\\.[0-9]{2}\\Z'),
    '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$': re.compile('^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\\Z'),
    '^[A-Za-z0-9_-]+$': re.compile('^[A-Za-z0-9_-]+\\Z'),
    '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$': re.compile('^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\Z'),
    '^[A-Za-z0-9_-]{1,64}$': re.compile('^[A-Za-z0-9_-]{1,64}\\Z'),
    '^[^\\x00-\\x1f\\x7f]*$': re.compile('^[^\\x00-\\x1f\\x7f]*\\Z'),
    '^[A-Za-z0-9_.:-]{1,128}$': re.compile('^[A-Za-z0-9_.:-]{1,128}\\Z'),
    '^[A-Za-z0-9_-]{1,512}$': re.compile('^[A-Za-z0-9_-]{1,512}\\Z'),
    '^"[A-Za-z0-9_-]{1,64}"$': re.compile('^"[A-Za-z0-9_-]{1,64}"\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    errors = []
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "PARAMETERS.listUsers" in data_keys:
            data_keys.remove("PARAMETERS.listUsers")
            data__PARAMETERSlistUsers = data["PARAMETERS.listUsers"]
            try:
                validate___definitions_parameters_listusers(data__PARAMETERSlistUsers, custom_formats, (name_prefix or "data") + ".PARAMETERS.listUsers")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.getUser" in data_keys:
            data_keys.remove("PARAMETERS.getUser")
            data__PARAMETERSgetUser = data["PARAMETERS.getUser"]
            try:
                validate___definitions_parameters_getuser(data__PARAMETERSgetUser, custom_formats, (name_prefix or "data") + ".PARAMETERS.getUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.putUser" in data_keys:
            data_keys.remove("PARAMETERS.putUser")
            data__PARAMETERSputUser = data["PARAMETERS.putUser"]
            try:
                validate___definitions_parameters_putuser(data__PARAMETERSputUser, custom_formats, (name_prefix or "data") + ".PARAMETERS.putUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.deleteUser" in data_keys:
            data_keys.remove("PARAMETERS.deleteUser")
            data__PARAMETERSdeleteUser = data["PARAMETERS.deleteUser"]
            try:
                validate___definitions_parameters_deleteuser(data__PARAMETERSdeleteUser, custom_formats, (name_prefix or "data") + ".PARAMETERS.deleteUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.patchUser" in data_keys:
            data_keys.remove("PARAMETERS.patchUser")
            data__PARAMETERSpatchUser = data["PARAMETERS.patchUser"]
            try:
                validate___definitions_parameters_patchuser(data__PARAMETERSpatchUser, custom_formats, (name_prefix or "data") + ".PARAMETERS.patchUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.getOverview" in data_keys:
            data_keys.remove("PARAMETERS.getOverview")
            data__PARAMETERSgetOverview = data["PARAMETERS.getOverview"]
            try:
                validate___definitions_parameters_getoverview(data__PARAMETERSgetOverview, custom_formats, (name_prefix or "data") + ".PARAMETERS.getOverview")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.listInvoices" in data_keys:
            data_keys.remove("PARAMETERS.listInvoices")
            data__PARAMETERSlistInvoices = data["PARAMETERS.listInvoices"]
            try:
                validate___definitions_parameters_listinvoices(data__PARAMETERSlistInvoices, custom_formats, (name_prefix or "data") + ".PARAMETERS.listInvoices")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.listActivity" in data_keys:
            data_keys.remove("PARAMETERS.listActivity")
            data__PARAMETERSlistActivity = data["PARAMETERS.listActivity"]
            try:
                validate___definitions_parameters_listactivity(data__PARAMETERSlistActivity, custom_formats, (name_prefix or "data") + ".PARAMETERS.listActivity")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.createInvoice" in data_keys:
            data_keys.remove("PARAMETERS.createInvoice")
            data__PARAMETERScreateInvoice = data["PARAMETERS.createInvoice"]
            try:
                validate___definitions_parameters_createinvoice(data__PARAMETERScreateInvoice, custom_formats, (name_prefix or "data") + ".PARAMETERS.createInvoice")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.getInvoice" in data_keys:
            data_keys.remove("PARAMETERS.getInvoice")
            data__PARAMETERSgetInvoice = data["PARAMETERS.getInvoice"]
            try:
                validate___definitions_parameters_getinvoice(data__PARAMETERSgetInvoice, custom_formats, (name_prefix or "data") + ".PARAMETERS.getInvoice")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.recordEvents" in data_keys:
            data_keys.remove("PARAMETERS.recordEvents")
            data__PARAMETERSrecordEvents = data["PARAMETERS.recordEvents"]
            try:
                validate___definitions_parameters_recordevents(data__PARAMETERSrecordEvents, custom_formats, (name_prefix or "data") + ".PARAMETERS.recordEvents")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.getSummary" in data_keys:
            data_keys.remove("PARAMETERS.getSummary")
            data__PARAMETERSgetSummary = data["PARAMETERS.getSummary"]
            try:
                validate___definitions_parameters_getsummary(data__PARAMETERSgetSummary, custom_formats, (name_prefix or "data") + ".PARAMETERS.getSummary")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.lookupUser" in data_keys:
            data_keys.remove("BODY.lookupUser")
            data__BODYlookupUser = data["BODY.lookupUser"]
            try:
                validate___definitions_body_lookupuser(data__BODYlookupUser, custom_formats, (name_prefix or "data") + ".BODY.lookupUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.putUser" in data_keys:
            data_keys.remove("BODY.putUser")
            data__BODYputUser = data["BODY.putUser"]
            try:
                validate___definitions_body_putuser(data__BODYputUser, custom_formats, (name_prefix or "data") + ".BODY.putUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.patchUser" in data_keys:
            data_keys.remove("BODY.patchUser")
            data__BODYpatchUser = data["BODY.patchUser"]
            try:
                validate___definitions_body_patchuser(data__BODYpatchUser, custom_formats, (name_prefix or "data") + ".BODY.patchUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.createInvoice" in data_keys:
            data_keys.remove("BODY.createInvoice")
            data__BODYcreateInvoice = data["BODY.createInvoice"]
            try:
                validate___definitions_body_createinvoice(data__BODYcreateInvoice, custom_formats, (name_prefix or "data") + ".BODY.createInvoice")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.recordEvents" in data_keys:
            data_keys.remove("BODY.recordEvents")
            data__BODYrecordEvents = data["BODY.recordEvents"]
            try:
                validate___definitions_body_recordevents(data__BODYrecordEvents, custom_formats, (name_prefix or "data") + ".BODY.recordEvents")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.createReport" in data_keys:
            data_keys.remove("BODY.createReport")
            data__BODYcreateReport = data["BODY.createReport"]
            try:
                validate___definitions_body_createreport(data__BODYcreateReport, custom_formats, (name_prefix or "data") + ".BODY.createReport")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_createreport(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_reportquery(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_reportquery(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['currency', 'from', 'to']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['currency', 'from', 'to']}, rule='required'))
        data_keys = set(data.keys())
        if "currency" in data_keys:
            data_keys.remove("currency")
            data__currency = data["currency"]
            try:
                validate___definitions_currency(data__currency, custom_formats, (name_prefix or "data") + ".currency")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "from" in data_keys:
            data_keys.remove("from")
            data__from = data["from"]
            try:
                validate___definitions_day(data__from, custom_formats, (name_prefix or "data") + ".from")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "to" in data_keys:
            data_keys.remove("to")
            data__to = data["to"]
            try:
                validate___definitions_day(data__to, custom_formats, (name_prefix or "data") + ".to")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            try:
                validate___definitions_eventtype(data__type, custom_formats, (name_prefix or "data") + ".type")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "resamples" in data_keys:
            data_keys.remove("resamples")
            data__resamples = data["resamples"]
            if not isinstance(data__resamples, (int)) or isinstance(data__resamples, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".resamples must be integer", value=data__resamples, name="" + (name_prefix or "data") + ".resamples", rule='type'))
            if isinstance(data__resamples, (int, float)) and not isinstance(data__resamples, bool):
                if data__resamples < 100:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".resamples must be bigger than or equal to 100", value=data__resamples, name="" + (name_prefix or "data") + ".resamples", rule='minimum'))
                if data__resamples > 10000:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".resamples must be smaller than or equal to 10000", value=data__resamples, name="" + (name_prefix or "data") + ".resamples", rule='maximum'))
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['currency', 'from', 'resamples', 'to', 'type']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_eventtype(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[a-z][a-z0-9_.-]{0,63}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[a-z][a-z0-9_.-]{0,63}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_day(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_currency(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[A-Z]{3}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Z]{3}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_recordevents(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_eventbatch(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_eventbatch(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['events']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['events']}, rule='required'))
        data_keys = set(data.keys())
        if "events" in data_keys:
            data_keys.remove("events")
            data__events = data["events"]
            if not isinstance(data__events, (list, tuple)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".events must be array", value=data__events, name="" + (name_prefix or "data") + ".events", rule='type'))
            data__events_is_list = isinstance(data__events, (list, tuple))
            if data__events_is_list:
                data__events_len = len(data__events)
                if data__events_len < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".events must contain at least 1 items", value=data__events, name="" + (name_prefix or "data") + ".events", rule='minItems'))
                if data__events_len > 100:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".events must contain less than or equal to 100 items", value=data__events, name="" + (name_prefix or "data") + ".events", rule='maxItems'))
                for data__events_x, data__events_item in enumerate(data__events):
                    try:
                        validate___definitions_newevent(data__events_item, custom_formats, (name_prefix or "data") + ".events[{data__events_x}]".format(**locals()))
                    except JsonSchemaValuesException as e:
                        errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['events']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_newevent(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['id', 'type', 'user_id', 'occurred_at']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['id', 'occurred_at', 'type', 'user_id']}, rule='required'))
        data_keys = set(data.keys())
        if "id" in data_keys:
            data_keys.remove("id")
            data__id = data["id"]
            try:
                validate___definitions_uuid(data__id, custom_formats, (name_prefix or "data") + ".id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            try:
                validate___definitions_eventtype(data__type, custom_formats, (name_prefix or "data") + ".type")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "user_id" in data_keys:
            data_keys.remove("user_id")
            data__userid = data["user_id"]
            try:
                validate___definitions_userid(data__userid, custom_formats, (name_prefix or "data") + ".user_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "occurred_at" in data_keys:
            data_keys.remove("occurred_at")
            data__occurredat = data["occurred_at"]
            try:
                validate___definitions_moment(data__occurredat, custom_formats, (name_prefix or "data") + ".occurred_at")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "amount" in data_keys:
            data_keys.remove("amount")
            data__amount = data["amount"]
            try:
                validate___definitions_money(data__amount, custom_formats, (name_prefix or "data") + ".amount")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "currency" in data_keys:
            data_keys.remove("currency")
            data__currency = data["currency"]
            try:
                validate___definitions_currency(data__currency, custom_formats, (name_prefix or "data") + ".currency")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "attributes" in data_keys:
            data_keys.remove("attributes")
            data__attributes = data["attributes"]
            if not isinstance(data__attributes, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".attributes must be object", value=data__attributes, name="" + (name_prefix or "data") + ".attributes", rule='type'))
            data__attributes_is_dict = isinstance(data__attributes, dict)
            if data__attributes_is_dict:
                data__attributes_len = len(data__attributes)
                if data__attributes_len > 20:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".attributes must contain less than or equal to 20 properties", value=data__attributes, name="" + (name_prefix or "data") + ".attributes", rule='maxProperties'))
                data__attributes_keys = set(data__attributes.keys())
                for data__attributes_key in data__attributes_keys:
                    if data__attributes_key not in []:
                        data__attributes_value = data__attributes.get(data__attributes_key)
                        if not isinstance(data__attributes_value, (str)):
                            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".attributes.{data__attributes_key}".format(**locals()) + " must be string", value=data__attributes_value, name="" + (name_prefix or "data") + ".attributes.{data__attributes_key}".format(**locals()) + "", rule='type'))
                        if isinstance(data__attributes_value, str):
                            data__attributes_value_len = len(data__attributes_value)
                            if data__attributes_value_len > 256:
                                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".attributes.{data__attributes_key}".format(**locals()) + " must be shorter than or equal to 256 characters", value=data__attributes_value, name="" + (name_prefix or "data") + ".attributes.{data__attributes_key}".format(**locals()) + "", rule='maxLength'))
                            if not REGEX_PATTERNS['^[^\\x00]*$'].search(data__attributes_value):
                                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".attributes.{data__attributes_key}".format(**locals()) + " must match pattern ^[^\\x00]*$", value=data__attributes_value, name="" + (name_prefix or "data") + ".attributes.{data__attributes_key}".format(**locals()) + "", rule='pattern'))
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['amount', 'attributes', 'currency', 'id', 'occurred_at', 'type', 'user_id']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_money(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_moment(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_userid(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", rule='minLength'))
        if data_len > 64:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 64 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength'))
        if not REGEX_PATTERNS['^[A-Za-z0-9_-]+$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Za-z0-9_-]+$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_uuid(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_createinvoice(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_invoicedraft(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_invoicedraft(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['user_id', 'currency', 'items']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['currency', 'items', 'user_id']}, rule='required'))
        data_keys = set(data.keys())
        if "user_id" in data_keys:
            data_keys.remove("user_id")
            data__userid = data["user_id"]
            try:
                validate___definitions_userid(data__userid, custom_formats, (name_prefix or "data") + ".user_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "order_id" in data_keys:
            data_keys.remove("order_id")
            data__orderid = data["order_id"]
            try:
                validate___definitions_uuid(data__orderid, custom_formats, (name_prefix or "data") + ".order_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "currency" in data_keys:
            data_keys.remove("currency")
            data__currency = data["currency"]
            try:
                validate___definitions_currency(data__currency, custom_formats, (name_prefix or "data") + ".currency")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "items" in data_keys:
            data_keys.remove("items")
            data__items = data["items"]
            if not isinstance(data__items, (list, tuple)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".items must be array", value=data__items, name="" + (name_prefix or "data") + ".items", rule='type'))
            data__items_is_list = isinstance(data__items, (list, tuple))
            if data__items_is_list:
                data__items_len = len(data__items)
                if data__items_len < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".items must contain at least 1 items", value=data__items, name="" + (name_prefix or "data") + ".items", rule='minItems'))
                if data__items_len > 100:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".items must contain less than or equal to 100 items", value=data__items, name="" + (name_prefix or "data") + ".items", rule='maxItems'))
                for data__items_x, data__items_item in enumerate(data__items):
                    try:
                        validate___definitions_item(data__items_item, custom_formats, (name_prefix or "data") + ".items[{data__items_x}]".format(**locals()))
                    except JsonSchemaValuesException as e:
                        errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['currency', 'items', 'order_id', 'user_id']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_item(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['product_id', 'quantity', 'unit_price']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['product_id', 'quantity', 'unit_price']}, rule='required'))
        data_keys = set(data.keys())
        if "product_id" in data_keys:
            data_keys.remove("product_id")
            data__productid = data["product_id"]
            try:
                validate___definitions_productid(data__productid, custom_formats, (name_prefix or "data") + ".product_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "quantity" in data_keys:
            data_keys.remove("quantity")
            data__quantity = data["quantity"]
            if not isinstance(data__quantity, (int)) or isinstance(data__quantity, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".quantity must be integer", value=data__quantity, name="" + (name_prefix or "data") + ".quantity", rule='type'))
            if isinstance(data__quantity, (int, float)) and not isinstance(data__quantity, bool):
                if data__quantity < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".quantity must be bigger than or equal to 1", value=data__quantity, name="" + (name_prefix or "data") + ".quantity", rule='minimum'))
                if data__quantity > 1000:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".quantity must be smaller than or equal to 1000", value=data__quantity, name="" + (name_prefix or "data") + ".quantity", rule='maximum'))
        if "unit_price" in data_keys:
            data_keys.remove("unit_price")
            data__unitprice = data["unit_price"]
            try:
                validate___definitions_money(data__unitprice, custom_formats, (name_prefix or "data") + ".unit_price")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['product_id', 'quantity', 'unit_price']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_productid(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,64}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Za-z0-9_-]{1,64}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_patchuser(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_userchanges(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_userchanges(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_len = len(data)
        if data_len < 1:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain at least 1 properties", value=data, name="" + (name_prefix or "data") + "", rule='minProperties'))
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            try:
                validate___definitions_name(data__name, custom_formats, (name_prefix or "data") + ".name")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "role" in data_keys:
            data_keys.remove("role")
            data__role = data["role"]
            try:
                validate___definitions_role(data__role, custom_formats, (name_prefix or "data") + ".role")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['name', 'role']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_role(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", rule='minLength'))
        if data_len > 100:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 100 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength'))
        if not REGEX_PATTERNS['^[^\\x00-\\x1f\\x7f]*$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[^\\x00-\\x1f\\x7f]*$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_name(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", rule='minLength'))
        if data_len > 200:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 200 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength'))
        if not REGEX_PATTERNS['^[^\\x00-\\x1f\\x7f]*$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[^\\x00-\\x1f\\x7f]*$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_putuser(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_userfields(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_userfields(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['name', 'role']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['name', 'role']}, rule='required'))
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            try:
                validate___definitions_name(data__name, custom_formats, (name_prefix or "data") + ".name")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "role" in data_keys:
            data_keys.remove("role")
            data__role = data["role"]
            try:
                validate___definitions_role(data__role, custom_formats, (name_prefix or "data") + ".role")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['name', 'role']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_lookupuser(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_userquery(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_userquery(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['user_id']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['user_id']}, rule='required'))
        data_keys = set(data.keys())
        if "user_id" in data_keys:
            data_keys.remove("user_id")
            data__userid = data["user_id"]
            try:
                validate___definitions_userid(data__userid, custom_formats, (name_prefix or "data") + ".user_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['user_id']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_getsummary(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "from" in data_keys:
            data_keys.remove("from")
            data__from = data["from"]
            try:
                validate___definitions_day(data__from, custom_formats, (name_prefix or "data") + ".from")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "to" in data_keys:
            data_keys.remove("to")
            data__to = data["to"]
            try:
                validate___definitions_day(data__to, custom_formats, (name_prefix or "data") + ".to")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_recordevents(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "Idempotency-Key" in data_keys:
            data_keys.remove("Idempotency-Key")
            data__IdempotencyKey = data["Idempotency-Key"]
            if not isinstance(data__IdempotencyKey, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".Idempotency-Key must be string", value=data__IdempotencyKey, name="" + (name_prefix or "data") + ".Idempotency-Key", rule='type'))
            if isinstance(data__IdempotencyKey, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_.:-]{1,128}$'].search(data__IdempotencyKey):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".Idempotency-Key must match pattern ^[A-Za-z0-9_.:-]{1,128}$", value=data__IdempotencyKey, name="" + (name_prefix or "data") + ".Idempotency-Key", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_getinvoice(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['invoiceId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['invoiceId']}, rule='required'))
        data_keys = set(data.keys())
        if "invoiceId" in data_keys:
            data_keys.remove("invoiceId")
            data__invoiceId = data["invoiceId"]
            try:
                validate___definitions_uuid(data__invoiceId, custom_formats, (name_prefix or "data") + ".invoiceId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_createinvoice(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "Idempotency-Key" in data_keys:
            data_keys.remove("Idempotency-Key")
            data__IdempotencyKey = data["Idempotency-Key"]
            if not isinstance(data__IdempotencyKey, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".Idempotency-Key must be string", value=data__IdempotencyKey, name="" + (name_prefix or "data") + ".Idempotency-Key", rule='type'))
            if isinstance(data__IdempotencyKey, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_.:-]{1,128}$'].search(data__IdempotencyKey):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".Idempotency-Key must match pattern ^[A-Za-z0-9_.:-]{1,128}$", value=data__IdempotencyKey, name="" + (name_prefix or "data") + ".Idempotency-Key", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_listactivity(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "limit" in data_keys:
            data_keys.remove("limit")
            data__limit = data["limit"]
            if not isinstance(data__limit, (int)) or isinstance(data__limit, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be integer", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='type'))
            if isinstance(data__limit, (int, float)) and not isinstance(data__limit, bool):
                if data__limit < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be bigger than or equal to 1", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='minimum'))
                if data__limit > 100:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be smaller than or equal to 100", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='maximum'))
        if "cursor" in data_keys:
            data_keys.remove("cursor")
            data__cursor = data["cursor"]
            if not isinstance(data__cursor, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must be string", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", rule='type'))
            if isinstance(data__cursor, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,512}$'].search(data__cursor):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must match pattern ^[A-Za-z0-9_-]{1,512}$", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_listinvoices(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "limit" in data_keys:
            data_keys.remove("limit")
            data__limit = data["limit"]
            if not isinstance(data__limit, (int)) or isinstance(data__limit, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be integer", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='type'))
            if isinstance(data__limit, (int, float)) and not isinstance(data__limit, bool):
                if data__limit < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be bigger than or equal to 1", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='minimum'))
                if data__limit > 100:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be smaller than or equal to 100", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='maximum'))
        if "cursor" in data_keys:
            data_keys.remove("cursor")
            data__cursor = data["cursor"]
            if not isinstance(data__cursor, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must be string", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", rule='type'))
            if isinstance(data__cursor, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,512}$'].search(data__cursor):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must match pattern ^[A-Za-z0-9_-]{1,512}$", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_getoverview(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_patchuser(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "If-Match" in data_keys:
            data_keys.remove("If-Match")
            data__IfMatch = data["If-Match"]
            if not isinstance(data__IfMatch, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-Match must be string", value=data__IfMatch, name="" + (name_prefix or "data") + ".If-Match", rule='type'))
            if isinstance(data__IfMatch, str):
                if not REGEX_PATTERNS['^"[A-Za-z0-9_-]{1,64}"$'].search(data__IfMatch):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-Match must match pattern ^\"[A-Za-z0-9_-]{1,64}\"$", value=data__IfMatch, name="" + (name_prefix or "data") + ".If-Match", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_deleteuser(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "If-Match" in data_keys:
            data_keys.remove("If-Match")
            data__IfMatch = data["If-Match"]
            if not isinstance(data__IfMatch, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-Match must be string", value=data__IfMatch, name="" + (name_prefix or "data") + ".If-Match", rule='type'))
            if isinstance(data__IfMatch, str):
                if not REGEX_PATTERNS['^"[A-Za-z0-9_-]{1,64}"$'].search(data__IfMatch):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-Match must match pattern ^\"[A-Za-z0-9_-]{1,64}\"$", value=data__IfMatch, name="" + (name_prefix or "data") + ".If-Match", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_putuser(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "If-Match" in data_keys:
            data_keys.remove("If-Match")
            data__IfMatch = data["If-Match"]
            if not isinstance(data__IfMatch, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-Match must be string", value=data__IfMatch, name="" + (name_prefix or "data") + ".If-Match", rule='type'))
            if isinstance(data__IfMatch, str):
                if not REGEX_PATTERNS['^"[A-Za-z0-9_-]{1,64}"$'].search(data__IfMatch):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-Match must match pattern ^\"[A-Za-z0-9_-]{1,64}\"$", value=data__IfMatch, name="" + (name_prefix or "data") + ".If-Match", rule='pattern'))
        if "If-None-Match" in data_keys:
            data_keys.remove("If-None-Match")
            data__IfNoneMatch = data["If-None-Match"]
            if not isinstance(data__IfNoneMatch, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-None-Match must be string", value=data__IfNoneMatch, name="" + (name_prefix or "data") + ".If-None-Match", rule='type'))
            if not (isinstance(data__IfNoneMatch, str) and data__IfNoneMatch == '*'):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".If-None-Match must be one of ['*']", value=data__IfNoneMatch, name="" + (name_prefix or "data") + ".If-None-Match", rule='enum'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_getuser(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['userId']}, rule='required'))
        data_keys = set(data.keys())
        if "userId" in data_keys:
            data_keys.remove("userId")
            data__userId = data["userId"]
            try:
                validate___definitions_userid(data__userId, custom_formats, (name_prefix or "data") + ".userId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_listusers(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "limit" in data_keys:
            data_keys.remove("limit")
            data__limit = data["limit"]
            if not isinstance(data__limit, (int)) or isinstance(data__limit, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be integer", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='type'))
            if isinstance(data__limit, (int, float)) and not isinstance(data__limit, bool):
                if data__limit < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be bigger than or equal to 1", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='minimum'))
                if data__limit > 100:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be smaller than or equal to 100", value=data__limit, name="" + (name_prefix or "data") + ".limit", rule='maximum'))
        if "cursor" in data_keys:
            data_keys.remove("cursor")
            data__cursor = data["cursor"]
            if not isinstance(data__cursor, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must be string", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", rule='type'))
            if isinstance(data__cursor, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,512}$'].search(data__cursor):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".cursor must match pattern ^[A-Za-z0-9_-]{1,512}$", value=data__cursor, name="" + (name_prefix or "data") + ".cursor", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data


PARAMETERS: dict[str, Callable[[object], object]] = {
    "listUsers": validate___definitions_parameters_listusers,
    "getUser": validate___definitions_parameters_getuser,
    "putUser": validate___definitions_parameters_putuser,
    "deleteUser": validate___definitions_parameters_deleteuser,
    "patchUser": validate___definitions_parameters_patchuser,
    "getOverview": validate___definitions_parameters_getoverview,
    "listInvoices": validate___definitions_parameters_listinvoices,
    "listActivity": validate___definitions_parameters_listactivity,
    "createInvoice": validate___definitions_parameters_createinvoice,
    "getInvoice": validate___definitions_parameters_getinvoice,
    "recordEvents": validate___definitions_parameters_recordevents,
    "getSummary": validate___definitions_parameters_getsummary,
}

BODY: dict[str, Callable[[object], object]] = {
    "lookupUser": validate___definitions_body_lookupuser,
    "putUser": validate___definitions_body_putuser,
    "patchUser": validate___definitions_body_patchuser,
    "createInvoice": validate___definitions_body_createinvoice,
    "recordEvents": validate___definitions_body_recordevents,
    "createReport": validate___definitions_body_createreport,
}
