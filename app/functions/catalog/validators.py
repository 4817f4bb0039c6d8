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
    '^[A-Z]{3}$': re.compile('^[A-Z]{3}\\Z'),
    '^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$': re.compile('^(0|[1-9][0-9]{0,7})\\.[0-9]{2}\\Z'),
    '^[^\\x00]*$': re.compile('^[^\\x00]*\\Z'),
    '^[^\\x00-\\x1f\\x7f]*$': re.compile('^[^\\x00-\\x1f\\x7f]*\\Z'),
    '^[A-Za-z0-9_.:-]{1,128}$': re.compile('^[A-Za-z0-9_.:-]{1,128}\\Z'),
    '^[A-Za-z0-9_-]{1,64}$': re.compile('^[A-Za-z0-9_-]{1,64}\\Z'),
    '^"[A-Za-z0-9_-]{1,64}"$': re.compile('^"[A-Za-z0-9_-]{1,64}"\\Z'),
    '^[A-Za-z0-9_-]{1,512}$': re.compile('^[A-Za-z0-9_-]{1,512}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    errors = []
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "PARAMETERS.listProducts" in data_keys:
            data_keys.remove("PARAMETERS.listProducts")
            data__PARAMETERSlistProducts = data["PARAMETERS.listProducts"]
            try:
                validate___definitions_parameters_listproducts(data__PARAMETERSlistProducts, custom_formats, (name_prefix or "data") + ".PARAMETERS.listProducts")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.createProduct" in data_keys:
            data_keys.remove("PARAMETERS.createProduct")
            data__PARAMETERScreateProduct = data["PARAMETERS.createProduct"]
            try:
                validate___definitions_parameters_createproduct(data__PARAMETERScreateProduct, custom_formats, (name_prefix or "data") + ".PARAMETERS.createProduct")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.getProduct" in data_keys:
            data_keys.remove("PARAMETERS.getProduct")
            data__PARAMETERSgetProduct = data["PARAMETERS.getProduct"]
            try:
                validate___definitions_parameters_getproduct(data__PARAMETERSgetProduct, custom_formats, (name_prefix or "data") + ".PARAMETERS.getProduct")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.putProduct" in data_keys:
            data_keys.remove("PARAMETERS.putProduct")
            data__PARAMETERSputProduct = data["PARAMETERS.putProduct"]
            try:
                validate___definitions_parameters_putproduct(data__PARAMETERSputProduct, custom_formats, (name_prefix or "data") + ".PARAMETERS.putProduct")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.deleteProduct" in data_keys:
            data_keys.remove("PARAMETERS.deleteProduct")
            data__PARAMETERSdeleteProduct = data["PARAMETERS.deleteProduct"]
            try:
                validate___definitions_parameters_deleteproduct(data__PARAMETERSdeleteProduct, custom_formats, (name_prefix or "data") + ".PARAMETERS.deleteProduct")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "PARAMETERS.changeStock" in data_keys:
            data_keys.remove("PARAMETERS.changeStock")
            data__PARAMETERSchangeStock = data["PARAMETERS.changeStock"]
            try:
                validate___definitions_parameters_changestock(data__PARAMETERSchangeStock, custom_formats, (name_prefix or "data") + ".PARAMETERS.changeStock")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.createProduct" in data_keys:
            data_keys.remove("BODY.createProduct")
            data__BODYcreateProduct = data["BODY.createProduct"]
            try:
                validate___definitions_body_createproduct(data__BODYcreateProduct, custom_formats, (name_prefix or "data") + ".BODY.createProduct")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.putProduct" in data_keys:
            data_keys.remove("BODY.putProduct")
            data__BODYputProduct = data["BODY.putProduct"]
            try:
                validate___definitions_body_putproduct(data__BODYputProduct, custom_formats, (name_prefix or "data") + ".BODY.putProduct")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.changeStock" in data_keys:
            data_keys.remove("BODY.changeStock")
            data__BODYchangeStock = data["BODY.changeStock"]
            try:
                validate___definitions_body_changestock(data__BODYchangeStock, custom_formats, (name_prefix or "data") + ".BODY.changeStock")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_changestock(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_stockchange(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_stockchange(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['change']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['change']}, rule='required'))
        data_keys = set(data.keys())
        if "change" in data_keys:
            data_keys.remove("change")
            data__change = data["change"]
            if not isinstance(data__change, (int)) or isinstance(data__change, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".change must be integer", value=data__change, name="" + (name_prefix or "data") + ".change", rule='type'))
            if isinstance(data__change, (int, float)) and not isinstance(data__change, bool):
                if data__change < -1000000:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".change must be bigger than or equal to -1000000", value=data__change, name="" + (name_prefix or "data") + ".change", rule='minimum'))
                if data__change > 1000000:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".change must be smaller than or equal to 1000000", value=data__change, name="" + (name_prefix or "data") + ".change", rule='maximum'))
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['change']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_body_putproduct(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_productfields(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_productfields(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['name', 'price', 'currency']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['currency', 'name', 'price']}, rule='required'))
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            try:
                validate___definitions_productname(data__name, custom_formats, (name_prefix or "data") + ".name")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            try:
                validate___definitions_productdescription(data__description, custom_formats, (name_prefix or "data") + ".description")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "price" in data_keys:
            data_keys.remove("price")
            data__price = data["price"]
            try:
                validate___definitions_money(data__price, custom_formats, (name_prefix or "data") + ".price")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "currency" in data_keys:
            data_keys.remove("currency")
            data__currency = data["currency"]
            try:
                validate___definitions_currency(data__currency, custom_formats, (name_prefix or "data") + ".currency")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['currency', 'description', 'name', 'price']}, rule='additionalProperties'))
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

def validate___definitions_money(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_productdescription(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str, NoneType)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string or null", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 2000:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 2000 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength'))
        if not REGEX_PATTERNS['^[^\\x00]*$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[^\\x00]*$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_productname(data, custom_formats={}, name_prefix=None):
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

def validate___definitions_body_createproduct(data, custom_formats={}, name_prefix=None):
    errors = []
    try:
        validate___definitions_productdraft(data, custom_formats, (name_prefix or "data") + "")
    except JsonSchemaValuesException as e:
        errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_productdraft(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['name', 'price', 'currency', 'stock']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['currency', 'name', 'price', 'stock']}, rule='required'))
        data_keys = set(data.keys())
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            try:
                validate___definitions_productname(data__name, custom_formats, (name_prefix or "data") + ".name")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "description" in data_keys:
            data_keys.remove("description")
            data__description = data["description"]
            try:
                validate___definitions_productdescription(data__description, custom_formats, (name_prefix or "data") + ".description")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "price" in data_keys:
            data_keys.remove("price")
            data__price = data["price"]
            try:
                validate___definitions_money(data__price, custom_formats, (name_prefix or "data") + ".price")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "currency" in data_keys:
            data_keys.remove("currency")
            data__currency = data["currency"]
            try:
                validate___definitions_currency(data__currency, custom_formats, (name_prefix or "data") + ".currency")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "stock" in data_keys:
            data_keys.remove("stock")
            data__stock = data["stock"]
            if not isinstance(data__stock, (int)) or isinstance(data__stock, bool):
                errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".stock must be integer", value=data__stock, name="" + (name_prefix or "data") + ".stock", rule='type'))
            if isinstance(data__stock, (int, float)) and not isinstance(data__stock, bool):
                if data__stock < 0:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".stock must be bigger than or equal to 0", value=data__stock, name="" + (name_prefix or "data") + ".stock", rule='minimum'))
                if data__stock > 1000000:
                    errors.append(JsonSchemaValueException("" + (name_prefix or "data") + ".stock must be smaller than or equal to 1000000", value=data__stock, name="" + (name_prefix or "data") + ".stock", rule='maximum'))
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'properties': ['currency', 'description', 'name', 'price', 'stock']}, rule='additionalProperties'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_changestock(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['productId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['productId']}, rule='required'))
        data_keys = set(data.keys())
        if "productId" in data_keys:
            data_keys.remove("productId")
            data__productId = data["productId"]
            try:
                validate___definitions_productid(data__productId, custom_formats, (name_prefix or "data") + ".productId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
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

def validate___definitions_productid(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (str)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,64}$'].search(data):
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Za-z0-9_-]{1,64}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern'))
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_deleteproduct(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['productId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['productId']}, rule='required'))
        data_keys = set(data.keys())
        if "productId" in data_keys:
            data_keys.remove("productId")
            data__productId = data["productId"]
            try:
                validate___definitions_productid(data__productId, custom_formats, (name_prefix or "data") + ".productId")
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

def validate___definitions_parameters_putproduct(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['productId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['productId']}, rule='required'))
        data_keys = set(data.keys())
        if "productId" in data_keys:
            data_keys.remove("productId")
            data__productId = data["productId"]
            try:
                validate___definitions_productid(data__productId, custom_formats, (name_prefix or "data") + ".productId")
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

def validate___definitions_parameters_getproduct(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['productId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'required': ['productId']}, rule='required'))
        data_keys = set(data.keys())
        if "productId" in data_keys:
            data_keys.remove("productId")
            data__productId = data["productId"]
            try:
                validate___definitions_productid(data__productId, custom_formats, (name_prefix or "data") + ".productId")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
    if errors: raise JsonSchemaValuesException(errors)
    return data

def validate___definitions_parameters_createproduct(data, custom_formats={}, name_prefix=None):
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

def validate___definitions_parameters_listproducts(data, custom_formats={}, name_prefix=None):
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
    "listProducts": validate___definitions_parameters_listproducts,
    "createProduct": validate___definitions_parameters_createproduct,
    "getProduct": validate___definitions_parameters_getproduct,
    "putProduct": validate___definitions_parameters_putproduct,
    "deleteProduct": validate___definitions_parameters_deleteproduct,
    "changeStock": validate___definitions_parameters_changestock,
}

BODY: dict[str, Callable[[object], object]] = {
    "createProduct": validate___definitions_body_createproduct,
    "putProduct": validate___definitions_body_putproduct,
    "changeStock": validate___definitions_body_changestock,
}
