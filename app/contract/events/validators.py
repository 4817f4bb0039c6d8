"""Generated from the schemas by `python -m app.contract.events.generate`: change them and run it again."""
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
    '^[A-Za-z0-9_-]{1,64}$': re.compile('^[A-Za-z0-9_-]{1,64}\\Z'),
    '^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$': re.compile('^(0|[1-9][0-9]{0,7})\\.[0-9]{2}\\Z'),
    '^[A-Z]{3}$': re.compile('^[A-Z]{3}\\Z'),
    '^[A-Za-z0-9._-]{8,64}$': re.compile('^[A-Za-z0-9._-]{8,64}\\Z'),
    '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$': re.compile('^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\\Z'),
    '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$': re.compile('^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z\\Z'),
    '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$': re.compile('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    errors = []
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "EVENTS.order.cancelled.v1" in data_keys:
            data_keys.remove("EVENTS.order.cancelled.v1")
            data__EVENTSordercancelledv1 = data["EVENTS.order.cancelled.v1"]
            try:
                validate___definitions_events_order_cancelled_v1(data__EVENTSordercancelledv1, custom_formats, (name_prefix or "data") + ".EVENTS.order.cancelled.v1")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "EVENTS.order.confirmed.v1" in data_keys:
            data_keys.remove("EVENTS.order.confirmed.v1")
            data__EVENTSorderconfirmedv1 = data["EVENTS.order.confirmed.v1"]
            try:
                validate___definitions_events_order_confirmed_v1(data__EVENTSorderconfirmedv1, custom_formats, (name_prefix or "data") + ".EVENTS.order.confirmed.v1")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "EVENTS.order.failed.v1" in data_keys:
            data_keys.remove("EVENTS.order.failed.v1")
            data__EVENTSorderfailedv1 = data["EVENTS.order.failed.v1"]
            try:
                validate___definitions_events_order_failed_v1(data__EVENTSorderfailedv1, custom_formats, (name_prefix or "data") + ".EVENTS.order.failed.v1")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "EVENTS.order.invoiced.v1" in data_keys:
            data_keys.remove("EVENTS.order.invoiced.v1")
            data__EVENTSorderinvoicedv1 = data["EVENTS.order.invoiced.v1"]
            try:
                validate___definitions_events_order_invoiced_v1(data__EVENTSorderinvoicedv1, custom_formats, (name_prefix or "data") + ".EVENTS.order.invoiced.v1")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "EVENTS.order.placed.v1" in data_keys:
            data_keys.remove("EVENTS.order.placed.v1")
            data__EVENTSorderplacedv1 = data["EVENTS.order.placed.v1"]
            try:
                validate___definitions_events_order_placed_v1(data__EVENTSorderplacedv1, custom_formats, (name_prefix or "data") + ".EVENTS.order.placed.v1")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_events_order_placed_v1(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_envelope(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not (isinstance(data__type, str) and data__type == 'order.placed'):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['order.placed']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum'))
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, (int, float)) and not isinstance(data__version, bool) and data__version == 1):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".version must be one of [1]", value=data__version, name="" + (name_prefix or "data") + ".version", rule='enum'))
        if "data" in data_keys:
            data_keys.remove("data")
            data__data = data["data"]
            if not isinstance(data__data, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must be object", value=data__data, name="" + (name_prefix or "data") + ".data", rule='type'))
            data__data_is_dict = isinstance(data__data, dict)
            if data__data_is_dict:
                data__data__missing_keys = set(['currency', 'total', 'items']) - data__data.keys()
                if data__data__missing_keys:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must contain " + (str(sorted(data__data__missing_keys)) + " properties"), value=data__data, name="" + (name_prefix or "data") + ".data", definition={'required': ['currency', 'items', 'total']}, rule='required'))
                data__data_keys = set(data__data.keys())
                if "currency" in data__data_keys:
                    data__data_keys.remove("currency")
                    data__data__currency = data__data["currency"]
                    try:
                        validate___definitions_currency(data__data__currency, custom_formats, (name_prefix or "data") + ".data.currency")
                    except JsonSchemaValuesException as e:
                        errors.extend(e.errors)
                if "total" in data__data_keys:
                    data__data_keys.remove("total")
                    data__data__total = data__data["total"]
                    try:
                        validate___definitions_money(data__data__total, custom_formats, (name_prefix or "data") + ".data.total")
                    except JsonSchemaValuesException as e:
                        errors.extend(e.errors)
                if "items" in data__data_keys:
                    data__data_keys.remove("items")
                    data__data__items = data__data["items"]
                    if not isinstance(data__data__items, (list, tuple)):
                        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data.items must be array", value=data__data__items, name="" + (name_prefix or "data") + ".data.items", rule='type'))
                    data__data__items_is_list = isinstance(data__data__items, (list, tuple))
                    if data__data__items_is_list:
                        data__data__items_len = len(data__data__items)
                        if data__data__items_len < 1:
                            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data.items must contain at least 1 items", value=data__data__items, name="" + (name_prefix or "data") + ".data.items", rule='minItems'))
                        if data__data__items_len > 50:
                            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data.items must contain less than or equal to 50 items", value=data__data__items, name="" + (name_prefix or "data") + ".data.items", rule='maxItems'))
                        for data__data__items_x, data__data__items_item in enumerate(data__data__items):
                            try:
                                validate___definitions_line(data__data__items_item, custom_formats, (name_prefix or "data") + ".data.items[{data__data__items_x}]".format(**locals()))
                            except JsonSchemaValuesException as e:
                                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_line(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['product_id', 'quantity', 'unit_price', 'total']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['product_id', 'quantity', 'total', 'unit_price']}, rule='required'))
        data_keys = set(data.keys())
        if "product_id" in data_keys:
            data_keys.remove("product_id")
            data__productid = data["product_id"]
            if not isinstance(data__productid, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".product_id must be string", value=data__productid, name="" + (name_prefix or "data") + ".product_id", rule='type'))
            if isinstance(data__productid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,64}$'].search(data__productid):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".product_id must match pattern ^[A-Za-z0-9_-]{1,64}$", value=data__productid, name="" + (name_prefix or "data") + ".product_id", rule='pattern'))
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
        if "total" in data_keys:
            data_keys.remove("total")
            data__total = data["total"]
            try:
                validate___definitions_money(data__total, custom_formats, (name_prefix or "data") + ".total")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
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

def validate___definitions_currency(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[A-Z]{3}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Z]{3}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_envelope(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['id', 'type', 'version', 'occurred_at', 'order_id', 'sequence', 'customer_id', 'request_id', 'traceparent', 'data']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['customer_id', 'data', 'id', 'occurred_at', 'order_id', 'request_id', 'sequence', 'traceparent', 'type', 'version']}, rule='required'))
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
            if not isinstance(data__type, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".type must be string", value=data__type, name="" + (name_prefix or "data") + ".type", rule='type'))
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not isinstance(data__version, (int)) or isinstance(data__version, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".version must be integer", value=data__version, name="" + (name_prefix or "data") + ".version", rule='type'))
        if "occurred_at" in data_keys:
            data_keys.remove("occurred_at")
            data__occurredat = data["occurred_at"]
            try:
                validate___definitions_moment(data__occurredat, custom_formats, (name_prefix or "data") + ".occurred_at")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "order_id" in data_keys:
            data_keys.remove("order_id")
            data__orderid = data["order_id"]
            try:
                validate___definitions_uuid(data__orderid, custom_formats, (name_prefix or "data") + ".order_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "sequence" in data_keys:
            data_keys.remove("sequence")
            data__sequence = data["sequence"]
            if not isinstance(data__sequence, (int)) or isinstance(data__sequence, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".sequence must be integer", value=data__sequence, name="" + (name_prefix or "data") + ".sequence", rule='type'))
            if isinstance(data__sequence, (int, float)) and not isinstance(data__sequence, bool):
                if data__sequence < 1:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".sequence must be bigger than or equal to 1", value=data__sequence, name="" + (name_prefix or "data") + ".sequence", rule='minimum'))
                if data__sequence > 999999:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".sequence must be smaller than or equal to 999999", value=data__sequence, name="" + (name_prefix or "data") + ".sequence", rule='maximum'))
        if "customer_id" in data_keys:
            data_keys.remove("customer_id")
            data__customerid = data["customer_id"]
            if not isinstance(data__customerid, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".customer_id must be string", value=data__customerid, name="" + (name_prefix or "data") + ".customer_id", rule='type'))
            if isinstance(data__customerid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,64}$'].search(data__customerid):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".customer_id must match pattern ^[A-Za-z0-9_-]{1,64}$", value=data__customerid, name="" + (name_prefix or "data") + ".customer_id", rule='pattern'))
        if "request_id" in data_keys:
            data_keys.remove("request_id")
            data__requestid = data["request_id"]
            if not isinstance(data__requestid, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".request_id must be string", value=data__requestid, name="" + (name_prefix or "data") + ".request_id", rule='type'))
            if isinstance(data__requestid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9._-]{8,64}$'].search(data__requestid):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".request_id must match pattern ^[A-Za-z0-9._-]{8,64}$", value=data__requestid, name="" + (name_prefix or "data") + ".request_id", rule='pattern'))
        if "traceparent" in data_keys:
            data_keys.remove("traceparent")
            data__traceparent = data["traceparent"]
            if not isinstance(data__traceparent, (str)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".traceparent must be string", value=data__traceparent, name="" + (name_prefix or "data") + ".traceparent", rule='type'))
            if isinstance(data__traceparent, str):
                if not REGEX_PATTERNS['^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'].search(data__traceparent):
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".traceparent must match pattern ^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", value=data__traceparent, name="" + (name_prefix or "data") + ".traceparent", rule='pattern'))
        if "data" in data_keys:
            data_keys.remove("data")
            data__data = data["data"]
            if not isinstance(data__data, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must be object", value=data__data, name="" + (name_prefix or "data") + ".data", rule='type'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_moment(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_uuid(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_events_order_invoiced_v1(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_envelope(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not (isinstance(data__type, str) and data__type == 'order.invoiced'):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['order.invoiced']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum'))
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, (int, float)) and not isinstance(data__version, bool) and data__version == 1):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".version must be one of [1]", value=data__version, name="" + (name_prefix or "data") + ".version", rule='enum'))
        if "data" in data_keys:
            data_keys.remove("data")
            data__data = data["data"]
            if not isinstance(data__data, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must be object", value=data__data, name="" + (name_prefix or "data") + ".data", rule='type'))
            data__data_is_dict = isinstance(data__data, dict)
            if data__data_is_dict:
                data__data__missing_keys = set(['invoice_id']) - data__data.keys()
                if data__data__missing_keys:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must contain " + (str(sorted(data__data__missing_keys)) + " properties"), value=data__data, name="" + (name_prefix or "data") + ".data", definition={'required': ['invoice_id']}, rule='required'))
                data__data_keys = set(data__data.keys())
                if "invoice_id" in data__data_keys:
                    data__data_keys.remove("invoice_id")
                    data__data__invoiceid = data__data["invoice_id"]
                    try:
                        validate___definitions_uuid(data__data__invoiceid, custom_formats, (name_prefix or "data") + ".data.invoice_id")
                    except JsonSchemaValuesException as e:
                        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_events_order_failed_v1(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_envelope(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not (isinstance(data__type, str) and data__type == 'order.failed'):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['order.failed']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum'))
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, (int, float)) and not isinstance(data__version, bool) and data__version == 1):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".version must be one of [1]", value=data__version, name="" + (name_prefix or "data") + ".version", rule='enum'))
        if "data" in data_keys:
            data_keys.remove("data")
            data__data = data["data"]
            if not isinstance(data__data, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must be object", value=data__data, name="" + (name_prefix or "data") + ".data", rule='type'))
            data__data_is_dict = isinstance(data__data, dict)
            if data__data_is_dict:
                data__data__missing_keys = set(['reason']) - data__data.keys()
                if data__data__missing_keys:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must contain " + (str(sorted(data__data__missing_keys)) + " properties"), value=data__data, name="" + (name_prefix or "data") + ".data", definition={'required': ['reason']}, rule='required'))
                data__data_keys = set(data__data.keys())
                if "reason" in data__data_keys:
                    data__data_keys.remove("reason")
                    data__data__reason = data__data["reason"]
                    if not isinstance(data__data__reason, (str)):
                        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data.reason must be string", value=data__data__reason, name="" + (name_prefix or "data") + ".data.reason", rule='type'))
                    if isinstance(data__data__reason, str):
                        data__data__reason_len = len(data__data__reason)
                        if data__data__reason_len > 200:
                            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data.reason must be shorter than or equal to 200 characters", value=data__data__reason, name="" + (name_prefix or "data") + ".data.reason", rule='maxLength'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_events_order_confirmed_v1(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_envelope(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not (isinstance(data__type, str) and data__type == 'order.confirmed'):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['order.confirmed']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum'))
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, (int, float)) and not isinstance(data__version, bool) and data__version == 1):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".version must be one of [1]", value=data__version, name="" + (name_prefix or "data") + ".version", rule='enum'))
        if "data" in data_keys:
            data_keys.remove("data")
            data__data = data["data"]
            if not isinstance(data__data, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must be object", value=data__data, name="" + (name_prefix or "data") + ".data", rule='type'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_events_order_cancelled_v1(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_envelope(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not (isinstance(data__type, str) and data__type == 'order.cancelled'):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['order.cancelled']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum'))
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            if not (isinstance(data__version, (int, float)) and not isinstance(data__version, bool) and data__version == 1):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".version must be one of [1]", value=data__version, name="" + (name_prefix or "data") + ".version", rule='enum'))
        if "data" in data_keys:
            data_keys.remove("data")
            data__data = data["data"]
            if not isinstance(data__data, (dict)):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".data must be object", value=data__data, name="" + (name_prefix or "data") + ".data", rule='type'))
    if errors: raise JsonSchemaValuesException(errors)
    return data


EVENTS: dict[str, Callable[[object], object]] = {
    "order.cancelled.v1": validate___definitions_events_order_cancelled_v1,
    "order.confirmed.v1": validate___definitions_events_order_confirmed_v1,
    "order.failed.v1": validate___definitions_events_order_failed_v1,
    "order.invoiced.v1": validate___definitions_events_order_invoiced_v1,
    "order.placed.v1": validate___definitions_events_order_placed_v1,
}
