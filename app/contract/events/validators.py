"""Generated from the schemas by `python -m app.contract.events.generate`: change them and run it again."""

from app.contract.validator import Validator, validators

EVENTS: dict[str, Validator] = validators({
    "order.cancelled.v1": {
        "allOf": [
            {
                "type": "object",
                "required": [
                    "id",
                    "type",
                    "version",
                    "occurred_at",
                    "order_id",
                    "sequence",
                    "customer_id",
                    "request_id",
                    "traceparent",
                    "data",
                ],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "occurred_at": {
                        "type": "string",
                        "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$",
                    },
                    "order_id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "sequence": {"type": "integer", "minimum": 1, "maximum": 999999},
                    "customer_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                    "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
                    "traceparent": {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
                    "data": {"type": "object"},
                },
            },
            {
                "type": "object",
                "properties": {
                    "type": {"enum": ["order.cancelled"]},
                    "version": {"enum": [1]},
                    "data": {"type": "object"},
                },
            },
        ],
    },
    "order.confirmed.v1": {
        "allOf": [
            {
                "type": "object",
                "required": [
                    "id",
                    "type",
                    "version",
                    "occurred_at",
                    "order_id",
                    "sequence",
                    "customer_id",
                    "request_id",
                    "traceparent",
                    "data",
                ],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "occurred_at": {
                        "type": "string",
                        "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$",
                    },
                    "order_id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "sequence": {"type": "integer", "minimum": 1, "maximum": 999999},
                    "customer_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                    "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
                    "traceparent": {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
                    "data": {"type": "object"},
                },
            },
            {
                "type": "object",
                "properties": {
                    "type": {"enum": ["order.confirmed"]},
                    "version": {"enum": [1]},
                    "data": {"type": "object"},
                },
            },
        ],
    },
    "order.failed.v1": {
        "allOf": [
            {
                "type": "object",
                "required": [
                    "id",
                    "type",
                    "version",
                    "occurred_at",
                    "order_id",
                    "sequence",
                    "customer_id",
                    "request_id",
                    "traceparent",
                    "data",
                ],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "occurred_at": {
                        "type": "string",
                        "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$",
                    },
                    "order_id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "sequence": {"type": "integer", "minimum": 1, "maximum": 999999},
                    "customer_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                    "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
                    "traceparent": {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
                    "data": {"type": "object"},
                },
            },
            {
                "type": "object",
                "properties": {
                    "type": {"enum": ["order.failed"]},
                    "version": {"enum": [1]},
                    "data": {
                        "type": "object",
                        "required": ["reason"],
                        "properties": {"reason": {"type": "string", "maxLength": 200}},
                    },
                },
            },
        ],
    },
    "order.invoiced.v1": {
        "allOf": [
            {
                "type": "object",
                "required": [
                    "id",
                    "type",
                    "version",
                    "occurred_at",
                    "order_id",
                    "sequence",
                    "customer_id",
                    "request_id",
                    "traceparent",
                    "data",
                ],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "occurred_at": {
                        "type": "string",
                        "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$",
                    },
                    "order_id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "sequence": {"type": "integer", "minimum": 1, "maximum": 999999},
                    "customer_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                    "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
                    "traceparent": {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
                    "data": {"type": "object"},
                },
            },
            {
                "type": "object",
                "properties": {
                    "type": {"enum": ["order.invoiced"]},
                    "version": {"enum": [1]},
                    "data": {
                        "type": "object",
                        "required": ["invoice_id"],
                        "properties": {
                            "invoice_id": {
                                "type": "string",
                                "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                            },
                        },
                    },
                },
            },
        ],
    },
    "order.placed.v1": {
        "allOf": [
            {
                "type": "object",
                "required": [
                    "id",
                    "type",
                    "version",
                    "occurred_at",
                    "order_id",
                    "sequence",
                    "customer_id",
                    "request_id",
                    "traceparent",
                    "data",
                ],
                "properties": {
                    "id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "type": {"type": "string"},
                    "version": {"type": "integer"},
                    "occurred_at": {
                        "type": "string",
                        "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$",
                    },
                    "order_id": {
                        "type": "string",
                        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                    },
                    "sequence": {"type": "integer", "minimum": 1, "maximum": 999999},
                    "customer_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                    "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
                    "traceparent": {"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"},
                    "data": {"type": "object"},
                },
            },
            {
                "type": "object",
                "properties": {
                    "type": {"enum": ["order.placed"]},
                    "version": {"enum": [1]},
                    "data": {
                        "type": "object",
                        "required": ["currency", "total", "items"],
                        "properties": {
                            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                            "total": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$"},
                            "items": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 50,
                                "items": {
                                    "type": "object",
                                    "required": ["product_id", "quantity", "unit_price", "total"],
                                    "properties": {
                                        "product_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                                        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
                                        "unit_price": {
                                            "type": "string",
                                            "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$",
                                        },
                                        "total": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,7})\\.[0-9]{2}$"},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        ],
    },
})
