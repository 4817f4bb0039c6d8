"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""

from app.contract.validator import Validator, validators

PARAMETERS: dict[str, Validator] = validators({
    "listOrders": {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 100},
            "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,512}$"},
        },
    },
    "createOrder": {
        "type": "object",
        "properties": {"Idempotency-Key": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}},
    },
    "getOrder": {
        "type": "object",
        "required": ["orderId"],
        "properties": {
            "orderId": {
                "type": "string",
                "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            },
        },
    },
    "cancelOrder": {
        "type": "object",
        "required": ["orderId"],
        "properties": {
            "orderId": {
                "type": "string",
                "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            },
        },
    },
    "listOrderEvents": {
        "type": "object",
        "required": ["orderId"],
        "properties": {
            "orderId": {
                "type": "string",
                "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            },
        },
    },
})
BODY: dict[str, Validator] = validators({
    "createOrder": {
        "type": "object",
        "required": ["items"],
        "additionalProperties": False,
        "properties": {
            "items": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "required": ["product_id", "quantity"],
                    "additionalProperties": False,
                    "properties": {
                        "product_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
                    },
                },
            },
        },
    },
})
