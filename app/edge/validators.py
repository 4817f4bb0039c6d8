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
    '^[A-Za-z0-9_-]+$': re.compile('^[A-Za-z0-9_-]+\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    errors = []
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "PATH.getUser" in data_keys:
            data_keys.remove("PATH.getUser")
            data__PATHgetUser = data["PATH.getUser"]
            try:
                validate___definitions_path_getuser(data__PATHgetUser, custom_formats, (name_prefix or "data") + ".PATH.getUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if "BODY.lookupUser" in data_keys:
            data_keys.remove("BODY.lookupUser")
            data__BODYlookupUser = data["BODY.lookupUser"]
            try:
                validate___definitions_body_lookupuser(data__BODYlookupUser, custom_formats, (name_prefix or "data") + ".BODY.lookupUser")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
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
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['user_id'], 'additionalProperties': False, 'properties': {'user_id': {'type': 'string', 'minLength': 1, 'maxLength': 64, 'pattern': '^[A-Za-z0-9_-]+$'}}}, rule='required'))
        data_keys = set(data.keys())
        if "user_id" in data_keys:
            data_keys.remove("user_id")
            data__userid = data["user_id"]
            try:
                validate___definitions_userid(data__userid, custom_formats, (name_prefix or "data") + ".user_id")
            except JsonSchemaValuesException as e:
                errors.extend(e.errors)
        if data_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['user_id'], 'additionalProperties': False, 'properties': {'user_id': {'type': 'string', 'minLength': 1, 'maxLength': 64, 'pattern': '^[A-Za-z0-9_-]+$'}}}, rule='additionalProperties'))
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

def validate___definitions_path_getuser(data, custom_formats={}, name_prefix=None):
    errors = []
    if not isinstance(data, (dict)):
        errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type'))
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['userId']) - data.keys()
        if data__missing_keys:
            errors.append(JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['userId'], 'properties': {'userId': {'type': 'string', 'minLength': 1, 'maxLength': 64, 'pattern': '^[A-Za-z0-9_-]+$'}}}, rule='required'))
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


PATH: dict[str, Callable[[object], object]] = {
    "getUser": validate___definitions_path_getuser,
}

BODY: dict[str, Callable[[object], object]] = {
    "lookupUser": validate___definitions_body_lookupuser,
}
