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
    '^[A-Za-z0-9_-]{1,64}$': re.compile('^[A-Za-z0-9_-]{1,64}\\Z'),
    '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$': re.compile('^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\Z'),
    '^[A-Za-z0-9_.:-]{1,128}$': re.compile('^[A-Za-z0-9_.:-]{1,128}\\Z'),
    '^[A-Za-z0-9_-]{1,512}$': re.compile('^[A-Za-z0-9_-]{1,512}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    errors = []
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "PARAMETERS.listOrders" in data_keys:
            data_keys.remove("PARAMETERS.listOrders")
            data__PARAMETERSlistOrders = data["PARAMETERS.listOrders"]
            try:
                validate___definitions_parameters_listorders(data__PARAMETERSlistOrders, custom_formats, (name_prefix or "data") + ".PARAMETERS.listOrders")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.createOrder" in data_keys:
            data_keys.remove("PARAMETERS.createOrder")
            data__PARAMETERScreateOrder = data["PARAMETERS.createOrder"]
            try:
                validate___definitions_parameters_createorder(data__PARAMETERScreateOrder, custom_formats, (name_prefix or "data") + ".PARAMETERS.createOrder")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.getOrder" in data_keys:
            data_keys.remove("PARAMETERS.getOrder")
            data__PARAMETERSgetOrder = data["PARAMETERS.getOrder"]
            try:
                validate___definitions_parameters_getorder(data__PARAMETERSgetOrder, custom_formats, (name_prefix or "data") + ".PARAMETERS.getOrder")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.cancelOrder" in data_keys:
            data_keys.remove("PARAMETERS.cancelOrder")
            data__PARAMETERScancelOrder = data["PARAMETERS.cancelOrder"]
            try:
                validate___definitions_parameters_cancelorder(data__PARAMETERScancelOrder, custom_formats, (name_prefix or "data") + ".PARAMETERS.cancelOrder")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.listOrderEvents" in data_keys:
            data_keys.remove("PARAMETERS.listOrderEvents")
            data__PARAMETERSlistOrderEvents = data["PARAMETERS.listOrderEvents"]
            try:
                validate___definitions_parameters_listorderevents(data__PARAMETERSlistOrderEvents, custom_formats, (name_prefix or "data") + ".PARAMETERS.listOrderEvents")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.createOrder" in data_keys:
            data_keys.remove("BODY.createOrder")
            data__BODYcreateOrder = data["BODY.createOrder"]
            try:
                validate___definitions_body_createorder(data__BODYcreateOrder, custom_formats, (name_prefix or "data") + ".BODY.createOrder")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_createorder(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_orderdraft(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_orderdraft(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['items']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['items']}, rule='required'))
        data_keys = set(data.keys())
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
                if data__items_len > 50:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".items must contain less than or equal to 50 items", value=data__items, name="" + (name_prefix or "data") + ".items", rule='maxItems'))
                for data__items_x, data__items_item in enumerate(data__items):
                    try:
                        validate___definitions_ordereditem(data__items_item, custom_formats, (name_prefix or "data") + ".items[{data__items_x}]".format(**locals()))
                    except JsonSchemaValuesException as e:
                        errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['items']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_ordereditem(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['product_id', 'quantity']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['product_id', 'quantity']}, rule='required'))
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
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['product_id', 'quantity']}, rule='additionalProperties'))
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

def validate___definitions_parameters_listorderevents(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['orderId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['orderId']}, rule='required'))
        data_keys = set(data.keys())
        if "orderId" in data_keys:
            data_keys.remove("orderId")
            data__orderId = data["orderId"]
            try:
                validate___definitions_uuid(data__orderId, custom_formats, (name_prefix or "data") + ".orderId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
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

def validate___definitions_parameters_cancelorder(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['orderId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['orderId']}, rule='required'))
        data_keys = set(data.keys())
        if "orderId" in data_keys:
            data_keys.remove("orderId")
            data__orderId = data["orderId"]
            try:
                validate___definitions_uuid(data__orderId, custom_formats, (name_prefix or "data") + ".orderId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_getorder(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['orderId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['orderId']}, rule='required'))
        data_keys = set(data.keys())
        if "orderId" in data_keys:
            data_keys.remove("orderId")
            data__orderId = data["orderId"]
            try:
                validate___definitions_uuid(data__orderId, custom_formats, (name_prefix or "data") + ".orderId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_createorder(data, custom_formats={}, name_prefix=None):
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

def validate___definitions_parameters_listorders(data, custom_formats={}, name_prefix=None):
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
    "listOrders": validate___definitions_parameters_listorders,
    "createOrder": validate___definitions_parameters_createorder,
    "getOrder": validate___definitions_parameters_getorder,
    "cancelOrder": validate___definitions_parameters_cancelorder,
    "listOrderEvents": validate___definitions_parameters_listorderevents,
}

BODY: dict[str, Callable[[object], object]] = {
    "createOrder": validate___definitions_body_createorder,
}
