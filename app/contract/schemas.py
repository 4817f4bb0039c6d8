"""Makes plain data of the contract's schemas at build time: what `app.contract.validator` takes at run time.

References are filled in, OpenAPI's dialect becomes JSON Schema's, and what only describes is left out. A keyword that
the validator has no rule for is an error here, so that no demand of the contract is dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.contract.literal import literal
from app.contract.validator import RULES

Document = dict[str, Any]

ANNOTATIONS = frozenset(
    {"$schema", "$id", "title", "description", "example", "examples", "default", "definitions", "format"}
)
"""Keywords that demand nothing. A `format` says what a pattern beside it is meant to be."""
_END = re.compile(r"(?<!\\)\$(?!\Z)")
"""A `$` before the end of a pattern, where Python means something else by it than JSON Schema."""


class SchemaError(ValueError):
    """A schema holds what the validator can't check; names the schema and the keyword."""


def module(note: str, shared: Document, tables: Mapping[str, Mapping[str, Document]]) -> str:
    """Returns the source of a module with one dictionary of validators per table.

    `note` is the module's docstring, `shared` the schemas that references lead to, by the references' last part. Raises
    SchemaError.
    """
    parts = [note, "", "from app.contract.validator import Validator, validators", ""]
    for table, schemas in tables.items():
        plain = {name: _plain(f"{table} {name}", schema, shared, ()) for name, schema in schemas.items()}
        opening = f"{table}: dict[str, Validator] = validators("
        parts.append(f"{opening}{literal(plain, used=len(opening) + 1)})")
    return "\n".join([*parts, ""])


def _plain(name: str, schema: Document, shared: Document, seen: tuple[str, ...]) -> Document:
    """Returns the schema without references and annotations. `seen` are the references that led to it."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        if target in seen:
            raise SchemaError(f"{name}: {schema['$ref']} leads back to itself.")
        return _plain(name, shared[target], shared, (*seen, target))
    plain: Document = {}
    for keyword, value in schema.items():
        if keyword == "nullable" or keyword in ANNOTATIONS:
            continue
        if keyword not in RULES:
            raise SchemaError(f"{name}: app.contract.validator has no rule for the keyword {keyword}.")
        match keyword:
            case "properties":
                plain[keyword] = {key: _plain(name, item, shared, seen) for key, item in value.items()}
            case "items" | "additionalProperties" if isinstance(value, dict):
                plain[keyword] = _plain(name, value, shared, seen)
            case "allOf":
                plain[keyword] = [_plain(name, item, shared, seen) for item in value]
            case "pattern" if _END.search(value):
                raise SchemaError(f"{name}: the pattern {value} has a $ before its end.")
            case _:
                plain[keyword] = value
    return _with_null(plain) if schema.get("nullable") is True else plain


def _with_null(plain: Document) -> Document:
    """Returns the schema that also takes null, as OpenAPI 3.0's `nullable` means."""
    extended = plain | {"type": [plain["type"], "null"]}
    return extended | {"enum": [*plain["enum"], None]} if "enum" in plain else extended
