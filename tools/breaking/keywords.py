"""The rules for JSON Schema's keywords in OpenAPI 3.0: whether a new value of a keyword narrows or widens a schema."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
Rule = Callable[[Schema, Schema], tuple[bool, bool]]
"""A function of the old and the new schema that returns whether the new one narrows, and whether it widens."""

ANNOTATIONS = {
    "title",
    "description",
    "example",
    "examples",
    "deprecated",
    "externalDocs",
    "xml",
    "readOnly",
    "writeOnly",
}
"""Keywords that change no value, as extensions (`x-...`) do not; `x-extensible-enum` alone can follow an `enum`."""
STRUCTURE = {"properties", "required", "additionalProperties", "items", "oneOf", "anyOf"}
"""Keywords that hold other schemas, which are compared one by one."""
EXTENSIBLE = "x-extensible-enum"
"""The keyword that lists today's values where more may come: callers expect values that they do not know."""
EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
"""The keyword that excludes a bound, by the keyword of the bound."""
TYPES = {"null", "boolean", "integer", "number", "string", "array", "object"}
"""The types that a schema without a `type` allows."""


def _types(schema: Schema) -> set[str]:
    if "type" not in schema:
        return TYPES
    types = {schema["type"]} | ({"null"} if schema.get("nullable") else set())
    return types | ({"integer"} if "number" in types else set())


def _type(old: Schema, new: Schema) -> tuple[bool, bool]:
    return bool(_types(old) - _types(new)), bool(_types(new) - _types(old))


def _enum(old: Schema, new: Schema) -> tuple[bool, bool]:
    """Compares the values. A closed list may become an extensible one of the same values, which may grow later."""
    closed = "enum" in old and "enum" not in new
    before, after = _values(old, "enum"), _values(new, EXTENSIBLE if closed else "enum")
    if before is None or after is None:
        return after is not None, before is not None
    return bool(before - after), bool(after - before)


def _values(schema: Schema, keyword: str) -> set[str] | None:
    return {json.dumps(value) for value in schema[keyword]} if keyword in schema else None


def _bound(keyword: str, sign: int) -> Rule:
    """Returns the rule of a lower bound (`sign` 1) or an upper bound (`sign` -1).

    A lower bound narrows as it grows, an upper one as it falls, and both when they begin to exclude the bound itself.
    """

    def strictness(schema: Schema) -> tuple[float, bool]:
        return sign * schema.get(keyword, -sign * math.inf), schema.get(EXCLUSIVE.get(keyword, ""), False)

    return lambda old, new: (strictness(new) > strictness(old), strictness(new) < strictness(old))


def plain(keyword: str) -> Rule:
    """Returns the rule of a keyword whose values can't be compared: another value may both narrow and widen."""
    return lambda old, new: (
        new.get(keyword) not in (None, False, old.get(keyword)),
        old.get(keyword) not in (None, False, new.get(keyword)),
    )


def _default(old: Schema, new: Schema) -> tuple[bool, bool]:
    """Says that another default narrows: what a caller leaves out means something else."""
    return old.get("default") != new.get("default"), False


def _neither(_old: Schema, _new: Schema) -> tuple[bool, bool]:
    """Says nothing of a keyword that another keyword's rule covers."""
    return False, False


RULES: dict[str, Rule] = {
    "type": _type,
    "nullable": _neither,  # the rule of `type` counts null as one more type
    "enum": _enum,
    "default": _default,
    **dict.fromkeys(EXCLUSIVE.values(), _neither),  # the rule of the bound covers it
    **{keyword: _bound(keyword, 1) for keyword in ("minimum", "minLength", "minItems", "minProperties")},
    **{keyword: _bound(keyword, -1) for keyword in ("maximum", "maxLength", "maxItems", "maxProperties")},
}


def shown(schema: Schema, keyword: str) -> str:
    """Returns the keyword's value as text for people."""
    if keyword == "type":
        types = _types(schema)
        return "any" if types == TYPES else " or ".join(sorted(types - ({"integer"} if "number" in types else set())))
    exclusive = " (exclusive)" if schema.get(EXCLUSIVE.get(keyword, "")) else ""
    return f"{json.dumps(schema[keyword])}{exclusive}" if keyword in schema else "not there"
