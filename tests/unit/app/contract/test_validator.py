"""The validator against the reference in Python, jsonschema, on schemas and values of every kind."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract.events.validators import EVENTS
from app.contract.validator import RULES, validator, validators
from app.functions.catalog import validators as catalog
from app.functions.orchestrator import validators as orchestrator
from app.functions.orders import validators as orders

HOSTILE = st.sampled_from(
    ["", ".", "a.b", "a[0]", "[0]", "items[0]", "a/b", "~", "~1", "%s", "{x}", "data", "\x00", "\ud800"]
)
NAMES = st.sampled_from(["a", "b", "c", "id"]) | HOSTILE | st.text(max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-3, 3) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
_TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])


def _schemas(inner):
    """Schemas with any of the keywords that there are rules for."""
    limits = st.integers(0, 3)
    keywords = {
        "type": _TYPES | st.lists(_TYPES, min_size=1, max_size=2, unique=True),
        "enum": st.lists(st.none() | st.booleans() | st.integers(-1, 2) | st.text(max_size=2), min_size=1, max_size=3),
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "minimum": limits,
        "maximum": limits,
        "minLength": limits,
        "maxLength": limits,
        "pattern": st.sampled_from(["^[a-z]+", "^[^\\x00]*", "^a", "[0-9]"]),
        "minItems": limits,
        "maxItems": limits,
        "items": inner,
        "minProperties": limits,
        "maxProperties": limits,
        "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "additionalProperties": st.booleans() | inner,
    }
    assert keywords.keys() == RULES.keys() - {"exclusiveMinimum", "exclusiveMaximum"}
    return st.fixed_dictionaries({}, optional=keywords)


SCHEMAS = st.recursive(st.fixed_dictionaries({}, optional={"type": _TYPES}), _schemas, max_leaves=4)


def at(value, place):
    for step in place:
        value = value[step]
    return value


@settings(deadline=None, max_examples=300)
@given(SCHEMAS, VALUES)
def test_it_sees_violations_where_the_reference_does(schema, value):
    reference = jsonschema.Draft4Validator(schema)
    expected = {tuple(error.absolute_path) for error in reference.iter_errors(value)}
    of_the_object = ("is required", "is not a known member")

    seen = {place[:-1] if detail in of_the_object else place for place, detail in validator(schema)(value)}

    assert seen == expected


@settings(deadline=None, max_examples=300)
@given(SCHEMAS, VALUES)
def test_a_place_leads_to_a_value_or_to_the_member_that_is_missing(schema, value):
    for place, detail in validator(schema)(value):
        if detail == "is required":
            assert place[-1] not in at(value, place[:-1])
        else:
            at(value, place)


EVERY = [
    pytest.param(each, id=f"{table} {name}")
    for table, found in {
        "orchestrator parameters": orchestrator.PARAMETERS,
        "orchestrator body": orchestrator.BODY,
        "catalog parameters": catalog.PARAMETERS,
        "catalog body": catalog.BODY,
        "orders parameters": orders.PARAMETERS,
        "orders body": orders.BODY,
        "events": EVENTS,
    }.items()
    for name, each in found.items()
]


@pytest.mark.parametrize("check", EVERY)
def test_the_generated_modules_have_rules_for_all_that_they_hold(check):
    assert check(0) == [((), "must be object")] or len(check(0)) > 0


@pytest.mark.parametrize(("value", "allowed"), [(1, True), (2, False), (3, False)])
def test_bounds_may_be_exclusive(value, allowed):
    schema = {"minimum": 0, "exclusiveMinimum": True, "maximum": 2, "exclusiveMaximum": True}

    assert (not validator(schema)(value)) is allowed
    assert validator(schema)(0) == [((), "must be bigger than 0")]


def test_a_keyword_without_a_rule_is_an_error_at_the_first_use():
    with pytest.raises(ValueError, match="no rules for const"):
        validators({"one": {"const": 1}})["one"](1)


@pytest.mark.parametrize(("value", "member"), [(True, 1), (1, True), (False, 0), (0, False)])
def test_a_boolean_is_no_number(value, member):
    assert validator({"enum": [member]})(value)
