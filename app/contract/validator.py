"""Checks JSON values against the contract's schemas, and says of each violation where it is.

The schemas are plain data that `app.contract.schemas` has made of the contract at build time. A place is a tuple of
names and indexes, never a text: a member's name may hold dots, brackets and slashes
(docs/decisions/0014-a-validator-of-our-own.md).
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
Place = tuple[str | int, ...]


Fault = tuple[Place, str]
"""A violation: the place of the value, and a text for people that never repeats the value."""

Validator = Callable[[Any], Sequence[Fault]]
"""Returns every violation of a value; none for a valid one. Never raises."""
NONE: Sequence[Fault] = ()

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
"""The Python types of each JSON type. A `bool` is an `int` in Python and never a number in JSON."""


def validators(schemas: Mapping[str, Schema]) -> dict[str, Validator]:
    """Returns the validators of the schemas, by the same names.

    Each is made when it is first used, so that a function that starts makes those of one operation.
    """
    return {name: _made_at_first_use(schema) for name, schema in schemas.items()}


def _made_at_first_use(schema: Schema) -> Validator:
    made = functools.cache(lambda: validator(schema))

    def faults(value: Any) -> Sequence[Fault]:
        return made()(value)

    return faults


def validator(schema: Schema) -> Validator:
    """Returns the validator of a schema.

    Its violations come in the order of RULES. Raises ValueError for a keyword that is not in there.
    """
    if unknown := schema.keys() - RULES.keys():
        raise ValueError(f"There are no rules for {', '.join(sorted(unknown))}.")
    rules = [(types, make(schema[keyword], schema)) for keyword, (types, make) in RULES.items() if keyword in schema]

    def faults(value: Any) -> Sequence[Fault]:
        found: list[Fault] = []
        for types, check in rules:
            if isinstance(value, types):
                found += check(value)
        return found

    return faults


def _check(broken: Callable[[Any], bool], detail: str) -> Validator:
    """Returns a validator that says `detail` of every value that is broken."""
    faults: Sequence[Fault] = (((), detail),)
    return lambda value: faults if broken(value) else NONE


def _type(given: str | Sequence[str], _: Schema) -> Validator:
    names = (given,) if isinstance(given, str) else given
    types = tuple(each for name in names for each in TYPES[name])
    if bool in types:
        return _check(lambda value: not isinstance(value, types), f"must be {' or '.join(names)}")
    return _check(
        lambda value: not isinstance(value, types) or isinstance(value, bool), f"must be {' or '.join(names)}"
    )


def _minimum(limit: float, schema: Schema) -> Validator:
    exclusive = schema.get("exclusiveMinimum", False)
    breaks = operator.le if exclusive else operator.lt
    text = "must be bigger than" if exclusive else "must be bigger than or equal to"
    return _check(lambda value: not isinstance(value, bool) and breaks(value, limit), f"{text} {limit}")


def _maximum(limit: float, schema: Schema) -> Validator:
    exclusive = schema.get("exclusiveMaximum", False)
    breaks = operator.ge if exclusive else operator.gt
    text = "must be smaller than" if exclusive else "must be smaller than or equal to"
    return _check(lambda value: not isinstance(value, bool) and breaks(value, limit), f"{text} {limit}")


def _at_least(unit: str, text: str) -> Callable[[int, Schema], Validator]:
    return lambda limit, _: _check(lambda value: len(value) < limit, f"{text} {limit} {unit}")


def _at_most(unit: str, text: str) -> Callable[[int, Schema], Validator]:
    return lambda limit, _: _check(lambda value: len(value) > limit, f"{text} {limit} {unit}")


def _pattern(pattern: str, _: Schema) -> Validator:
    exact = re.sub(r"\$\Z", r"\\Z", pattern)  # Python's `$` would also match before a newline at the end
    search = re.compile(exact).search
    return _check(lambda value: search(value) is None, f"must match pattern {pattern}")


def _enum(members: Sequence[Any], _: Schema) -> Validator:
    def differs(value: Any) -> bool:
        return not any(value == each and isinstance(value, bool) is isinstance(each, bool) for each in members)

    return _check(differs, f"must be one of {list(members)}")


def _required(names: Sequence[str], _: Schema) -> Validator:
    return lambda value: [((name,), "is required") for name in names if name not in value]


def _properties(schemas: Mapping[str, Schema], _: Schema) -> Validator:
    members = [(name, validator(item)) for name, item in schemas.items()]

    def faults(value: dict[str, Any]) -> Sequence[Fault]:
        return [
            ((name, *place), detail) for name, check in members if name in value for place, detail in check(value[name])
        ]

    return faults


def _additional_properties(allowed: bool | Schema, schema: Schema) -> Validator:
    known = frozenset(schema.get("properties", ()))
    if allowed is True:
        return lambda _: NONE
    if allowed is False:
        return lambda value: [((name,), "is not a known member") for name in value if name not in known]
    check = validator(allowed)

    def faults(value: dict[str, Any]) -> Sequence[Fault]:
        return [
            ((name, *place), detail)
            for name, member in value.items()
            if name not in known
            for place, detail in check(member)
        ]

    return faults


def _items(schema: Schema, _: Schema) -> Validator:
    check = validator(schema)
    return lambda value: [
        ((index, *place), detail) for index, item in enumerate(value) for place, detail in check(item)
    ]


def _all_of(schemas: Sequence[Schema], _: Schema) -> Validator:
    checks = [validator(schema) for schema in schemas]
    return lambda value: [fault for check in checks for fault in check(value)]


Rule = tuple[type | tuple[type, ...], Callable[[Any, Schema], Validator]]
"""The Python types of the values that a keyword looks at, and what makes its validator: a function of the keyword's
value and of the schema that holds it."""

RULES: Mapping[str, Rule] = {
    "type": (object, _type),
    "enum": (object, _enum),
    "allOf": (object, _all_of),
    "minimum": ((int, float), _minimum),
    "maximum": ((int, float), _maximum),
    "exclusiveMinimum": ((), lambda _, __: lambda ___: NONE),  # is said of `minimum`
    "exclusiveMaximum": ((), lambda _, __: lambda ___: NONE),
    "minLength": (str, _at_least("characters", "must be longer than or equal to")),
    "maxLength": (str, _at_most("characters", "must be shorter than or equal to")),
    "pattern": (str, _pattern),
    "minItems": (list, _at_least("items", "must contain at least")),
    "maxItems": (list, _at_most("items", "must contain less than or equal to")),
    "items": (list, _items),
    "minProperties": (dict, _at_least("properties", "must contain at least")),
    "maxProperties": (dict, _at_most("properties", "must contain less than or equal to")),
    "required": (dict, _required),
    "properties": (dict, _properties),
    "additionalProperties": (dict, _additional_properties),
}
"""The keywords of JSON Schema, draft 4, that the contract uses. Any other is an error when the schema is read."""
