"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""

from app.contract.validator import Validator, validators

PARAMETERS: dict[str, Validator] = validators({
    "listProducts": {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,512}$"},
        },
    },
    "createProduct": {
        "type": "object",
        "properties": {"Idempotency-Key": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}},
    },
    "getProduct": {
        "type": "object",
        "required": ["productId"],
        "properties": {"productId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}},
    },
    "putProduct": {
        "type": "object",
        "required": ["productId"],
        "properties": {
            "productId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "If-Match": {"type": "string", "pattern": "^\"[A-Za-z0-9_-]{1,64}\"$"},
        },
    },
    "deleteProduct": {
        "type": "object",
        "required": ["productId"],
        "properties": {
            "productId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "If-Match": {"type": "string", "pattern": "^\"[A-Za-z0-9_-]{1,64}\"$"},
        },
    },
    "changeStock": {
        "type": "object",
        "required": ["productId"],
        "properties": {
            "productId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "Idempotency-Key": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"},
        },
    },
})
BODY: dict[str, Validator] = validators({
    "createProduct": {
        "type": "object",
        "required": ["name", "price", "currency", "stock"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
            "description": {"type": ["string", "null"], "maxLength": 2000, "pattern": "^[^\\x00]*$"},
            "price": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "stock": {"type": "integer", "minimum": 0, "maximum": 1000000},
        },
    },
    "putProduct": {
        "type": "object",
        "required": ["name", "price", "currency"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
            "description": {"type": ["string", "null"], "maxLength": 2000, "pattern": "^[^\\x00]*$"},
            "price": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
    },
    "changeStock": {
        "type": "object",
        "required": ["change"],
        "additionalProperties": False,
        "properties": {"change": {"type": "integer", "minimum": -1000000, "maximum": 1000000}},
    },
})
