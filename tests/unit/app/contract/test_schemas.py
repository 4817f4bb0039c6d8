import ast

import pytest

from app.contract import schemas
from app.contract.schemas import SchemaError

SKU = {"type": "string", "pattern": "^[a-z]+$"}
ORDER = {
    "type": "object",
    "required": ["items", "total"],
    "additionalProperties": False,
    "properties": {
        "total": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "note": {"type": "string", "nullable": True, "example": "x", "default": "x"},
        "state": {"type": "string", "enum": ["new"], "nullable": True},
        "example": {"type": "boolean"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"$ref": "#/components/schemas/Sku"}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def order():
    """The validator of ORDER, from the generated module."""
    names: dict = {}
    exec(schemas.module('"""Generated."""', {"Sku": SKU}, {"BODY": {"createOrder": ORDER}}), names)
    return names["BODY"]["createOrder"]


@pytest.mark.parametrize(
    "value",
    [
        {"total": 1, "items": []},
        {"total": 1, "items": [{"sku": "abc"}], "note": None, "state": None},
        {"total": 1, "items": [{"sku": "abc"}], "note": "x", "state": "new", "example": True},
    ],
)
def test_what_openapi_allows_passes(order, value):
    assert list(order(value)) == []


INTEGER, TEXT = "must be integer", "must be string"


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ([], [((), "must be object")]),
        ({}, [(("items",), "is required"), (("total",), "is required")]),
        ({"total": 0, "items": []}, [(("total",), "must be bigger than 0")]),
        ({"total": True, "items": []}, [(("total",), INTEGER)]),
        ({"total": 1.5, "items": []}, [(("total",), INTEGER)]),
        ({"total": 1, "items": [{"sku": "abc\n"}]}, [(("items", 0, "sku"), "must match pattern ^[a-z]+$")]),
        ({"total": 1, "items": [{"sku": None}]}, [(("items", 0, "sku"), TEXT)]),
        (
            {"total": "1", "items": 1, "note": 1, "other": 1},
            [
                (("total",), INTEGER),
                (("note",), "must be string or null"),
                (("items",), "must be array"),
                (("other",), "is not a known member"),
            ],
        ),
        ({"total": 1, "items": [], "example": "yes"}, [(("example",), "must be boolean")]),
        ({"total": 1, "items": [], "state": "old"}, [(("state",), "must be one of ['new', None]")]),
    ],
)
def test_every_violation_is_found(order, value, faults):
    assert list(order(value)) == faults


def test_the_value_stays_as_it_was(order):
    value = {"total": 1, "items": []}
    order(value)

    assert value == {"total": 1, "items": []}


def test_the_generated_module_is_data_and_one_import():
    module = ast.parse(schemas.module('"""Note."""', {}, {"BODY": {"one": {"type": "number", "minimum": 1}}}))

    note, imported, table = module.body
    assert isinstance(note, ast.Expr)
    assert (imported.module, [name.name for name in imported.names]) == (
        "app.contract.validator",
        ["Validator", "validators"],
    )
    assert ast.literal_eval(table.value.args[0]) == {"one": {"type": "number", "minimum": 1}}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string", "const": "x"}, "BODY one: app.contract.validator has no rule for the keyword const"),
        ({"type": "array", "items": {"oneOf": []}}, "no rule for the keyword oneOf"),
        ({"properties": {"a": {"allOf": [{"uniqueItems": True}]}}}, "no rule for the keyword uniqueItems"),
        ({"additionalProperties": {"multipleOf": 2}}, "no rule for the keyword multipleOf"),
        ({"type": "string", "pattern": "^a$|^b$"}, r"the pattern \^a\$\|\^b\$ has a \$ before its end"),
        ({"$ref": "#/components/schemas/Tree"}, "#/components/schemas/Tree leads back to itself"),
    ],
)
def test_what_could_not_be_checked_is_refused_when_the_module_is_made(schema, message):
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}
    with pytest.raises(SchemaError, match=message):
        schemas.module('"""Note."""', {"Tree": tree}, {"BODY": {"one": schema}})
