import pytest

from app.contract import schemas
from app.functions.kit import validation
from app.functions.orchestrator import validators

ORDER = {
    "type": "object",
    "required": ["customer", "items"],
    "additionalProperties": False,
    "properties": {
        "customer": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku", "count"],
                "additionalProperties": False,
                "properties": {"sku": {"type": "string", "maxLength": 3}, "count": {"type": "integer", "minimum": 1}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def order():
    names: dict = {}
    exec(schemas.compiled({}, {"BODY": {"order": ORDER}}), names)
    return names["BODY"]["order"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"customer": {"id": "1"}, "items": [{"sku": "a", "count": 1}]}, []),
        (1, [("", "must be object")]),
        ({}, [("/customer", "is required"), ("/items", "is required")]),
        ({"customer": {}, "items": []},
         [("/customer/id", "is required"), ("/items", "must contain at least 1 items")]),
        ({"customer": {"id": 1}, "items": [{"sku": "a", "count": 1}, {"sku": "abcd", "n": 1, "m": 2}]},
         [("/customer/id", "must be string"), ("/items/1/count", "is required"),
          ("/items/1/sku", "must be shorter than or equal to 3 characters"),
          ("/items/1/n", "is not a known member"), ("/items/1/m", "is not a known member")]),
        ({"customer": {"id": "1"}, "items": [{"sku": "a", "count": 1}], "a/b~c": 1},
         [("/a~1b~0c", "is not a known member")]),
    ],
)  # fmt: skip
def test_every_violation_has_its_place(order, value, expected):
    assert list(validation.of_body(order, value)) == [
        {"pointer": pointer, "detail": text} for pointer, text in expected
    ]


def test_a_parameter_has_its_name():
    validator = validators.PARAMETERS["getUser"]

    assert list(validation.of_parameters(validator, {"userId": "a/../b"})) == [
        {"parameter": "userId", "detail": "must match pattern ^[A-Za-z0-9_-]+$"}
    ]
    assert list(validation.of_parameters(validator, {})) == [{"parameter": "userId", "detail": "is required"}]


@pytest.mark.parametrize("name", ["a.b", "a[0]", "[0]", ".", "", "{x}", "a.b.c", "é", "%s"])
def test_a_member_of_any_name_has_its_place(name):
    names: dict = {}
    values = {"type": "object", "additionalProperties": {"type": "string"}}
    body = {"type": "object", "properties": {"tags": {"type": "array", "items": values}}}
    exec(schemas.compiled({}, {"BODY": {"tagged": body}}), names)
    given = {"tags": [{}, {"a": "x", name: 1}]}

    assert list(validation.of_body(names["BODY"]["tagged"], given)) == [
        {"pointer": f"/tags/1/{name}", "detail": "must be string"}
    ]
