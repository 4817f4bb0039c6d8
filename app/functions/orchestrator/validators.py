"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""

from app.contract.validator import Validator, validators

PARAMETERS: dict[str, Validator] = validators({
    "listUsers": {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,512}$"},
        },
    },
    "getUser": {
        "type": "object",
        "required": ["userId"],
        "properties": {"userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}},
    },
    "putUser": {
        "type": "object",
        "required": ["userId"],
        "properties": {
            "userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "If-Match": {"type": "string", "pattern": "^\"[A-Za-z0-9_-]{1,64}\"$"},
            "If-None-Match": {"type": "string", "enum": ["*"]},
        },
    },
    "deleteUser": {
        "type": "object",
        "required": ["userId"],
        "properties": {
            "userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "If-Match": {"type": "string", "pattern": "^\"[A-Za-z0-9_-]{1,64}\"$"},
        },
    },
    "patchUser": {
        "type": "object",
        "required": ["userId"],
        "properties": {
            "userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "If-Match": {"type": "string", "pattern": "^\"[A-Za-z0-9_-]{1,64}\"$"},
        },
    },
    "getOverview": {
        "type": "object",
        "required": ["userId"],
        "properties": {"userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}},
    },
    "listInvoices": {
        "type": "object",
        "required": ["userId"],
        "properties": {
            "userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,512}$"},
        },
    },
    "listActivity": {
        "type": "object",
        "required": ["userId"],
        "properties": {
            "userId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,512}$"},
        },
    },
    "createInvoice": {
        "type": "object",
        "properties": {"Idempotency-Key": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}},
    },
    "getInvoice": {
        "type": "object",
        "required": ["invoiceId"],
        "properties": {
            "invoiceId": {
                "type": "string",
                "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            },
        },
    },
    "recordEvents": {
        "type": "object",
        "properties": {"Idempotency-Key": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}},
    },
    "getSummary": {
        "type": "object",
        "properties": {
            "from": {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
            "to": {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
        },
    },
})
BODY: dict[str, Validator] = validators({
    "lookupUser": {
        "type": "object",
        "required": ["user_id"],
        "additionalProperties": False,
        "properties": {"user_id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}},
    },
    "putUser": {
        "type": "object",
        "required": ["name", "role"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
            "role": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
        },
    },
    "patchUser": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
            "role": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
        },
    },
    "createInvoice": {
        "type": "object",
        "required": ["user_id", "currency", "items"],
        "additionalProperties": False,
        "properties": {
            "user_id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "items": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "required": ["product_id", "quantity", "unit_price"],
                    "additionalProperties": False,
                    "properties": {
                        "product_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
                        "unit_price": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$"},
                    },
                },
            },
        },
    },
    "recordEvents": {
        "type": "object",
        "required": ["events"],
        "additionalProperties": False,
        "properties": {
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "required": ["id", "type", "user_id", "occurred_at"],
                    "additionalProperties": False,
                    "properties": {
                        "id": {
                            "type": "string",
                            "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
                        },
                        "type": {"type": "string", "pattern": "^[a-z][a-z0-9_.-]{0,63}$"},
                        "user_id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
                        "occurred_at": {
                            "type": "string",
                            "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
                        },
                        "amount": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$"},
                        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                        "attributes": {
                            "type": "object",
                            "maxProperties": 20,
                            "additionalProperties": {"type": "string", "maxLength": 256, "pattern": "^[^\\x00]*$"},
                        },
                    },
                },
            },
        },
    },
    "createReport": {
        "type": "object",
        "required": ["currency", "from", "to"],
        "additionalProperties": False,
        "properties": {
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "from": {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
            "to": {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
            "type": {"type": "string", "pattern": "^[a-z][a-z0-9_.-]{0,63}$"},
            "resamples": {"type": "integer", "minimum": 100, "maximum": 10000},
        },
    },
})
