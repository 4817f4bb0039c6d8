import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract.validator import validator
from app.functions.kit import violations
from app.functions.orchestrator import validators
from app.functions.orders import validators as orders_validators

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
    return validator(ORDER)


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
    assert violations.of_body(order(value)) == [{"pointer": pointer, "detail": text} for pointer, text in expected]


def test_a_parameter_has_its_name():
    validator = validators.PARAMETERS["getUser"]

    assert list(violations.of_parameters(validator, {"userId": "a/../b"})) == [
        {"parameter": "userId", "detail": "must match pattern ^[A-Za-z0-9_-]+$"}
    ]
    assert list(violations.of_parameters(validator, {})) == [{"parameter": "userId", "detail": "is required"}]


TAGGED = validator(
    {
        "type": "object",
        "properties": {"tags": {"type": "array", "items": {"additionalProperties": {"type": "string"}}}},
        "additionalProperties": False,
    }
)


def resolved(document, pointer: str):
    """The value that a JSON Pointer leads to, by the rules of RFC 6901."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


@settings(deadline=None)
@given(
    st.text(max_size=20)
    | st.sampled_from(
        ["", "a.b", "a[0]", "[0]", ".", "{x}", "a.b.c", "é", "%s", "tags[1]", "tags.1", "~1", "a/b", "\ud800"]
    )
)
def test_a_member_of_any_name_has_its_place(name):
    body = {"tags": [{}, {"a": "x", name: 1}], f"{name}?": 2}

    inner, outer = violations.of_body(TAGGED(body))

    assert (inner["detail"], resolved(body, inner["pointer"])) == ("must be string", 1)
    assert (outer["detail"], resolved(body, outer["pointer"])) == ("is not a known member", 2)


@pytest.mark.parametrize(
    ("operation", "body", "pointer"),
    [
        ("createOrder", {"items": [{"product_id": "a", "quantity": 0}], "items[0]": "s"}, "/items/0/quantity"),
        (
            "recordEvents",
            {"events": [{"attributes": {"a.b": 1}, "attributes.a": "s"}]},
            "/events/0/attributes/a.b",
        ),
    ],
)
def test_a_name_that_looks_like_a_path_is_only_a_name(operation, body, pointer):
    check = (orders_validators.BODY | validators.BODY)[operation]

    assert pointer in [violation["pointer"] for violation in violations.of_body(check(body))]
