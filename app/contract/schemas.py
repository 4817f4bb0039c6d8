"""The contract's schemas as Python functions: written by fastjsonschema at build time, without its run-time part."""

from __future__ import annotations

import ast
import re
from typing import Any

import fastjsonschema

Document = dict[str, Any]

HEADER = '''
from collections.abc import Callable


class JsonSchemaValueException(ValueError):
    """One violation. `name` leads to the value (`data.items[0].sku`); `definition` is its schema if `rule` needs it."""

    def __init__(self, message, value=None, name="data", definition=None, rule=""):
        super().__init__(message)
        self.message, self.value, self.name, self.definition, self.rule = message, value, name, definition, rule


class JsonSchemaValuesException(ValueError):
    """Every violation of one document."""

    def __init__(self, errors):
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
'''


def compiled(shared: Document, tables: dict[str, dict[str, Document]]) -> str:
    """A module with one validator per schema, found in dictionaries called as the keys of `tables`.

    `shared` are the schemas that others refer to. A validator raises JsonSchemaValuesException with every violation.
    """
    roots = {f"{table}.{key}": schema for table, entries in tables.items() for key, schema in entries.items()}
    definitions = {name: draft4(schema) for name, schema in (shared | roots).items()}
    code = fastjsonschema.compile_to_code(
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "definitions": definitions,
            "properties": {name: {"$ref": f"#/definitions/{name}"} for name in roots},
        },
        use_default=False,
        use_formats=False,
        fast_fail=False,
    )
    parts = ["# mypy: ignore-errors", "", _independent(code).rstrip(), ""]
    for table, entries in tables.items():
        parts += ["", f"{table}: dict[str, Callable[[object], object]] = {{"]
        parts += [f'    "{key}": {_function(code, f"{table}.{key}")},' for key in entries]
        parts.append("}")
    return "\n".join([*parts, ""])


def draft4(schema: Document) -> Document:
    """OpenAPI 3.0's dialect as JSON Schema draft 4: `nullable` becomes a type, references point to `definitions`."""
    result: Document = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: draft4(item) for name, item in value.items()}
        elif key == "$ref":
            result[key] = value.replace("#/components/schemas/", "#/definitions/")
        elif isinstance(value, dict):
            result[key] = draft4(value)
        elif isinstance(value, list):
            result[key] = [draft4(item) if isinstance(item, dict) else item for item in value]
        elif key not in ("nullable", "example", "description"):
            result[key] = value
    if schema.get("nullable") is True:
        result["type"] = [result["type"], "null"]
        if "enum" in result:
            result["enum"] = [*result["enum"], None]
    return result


def _independent(code: str) -> str:
    code, count = re.subn(r"^from fastjsonschema import .*$", lambda _: HEADER, code, flags=re.MULTILINE)
    code = code.replace("from decimal import Decimal\n", "").replace("(int, float, Decimal)", "(int, float)")
    code = re.sub(r", definition=(.*), rule='(\w+)'", _needed, code)
    if count != 1 or "Decimal" in code:
        raise ValueError("This version of fastjsonschema writes other code than the one this module was written for.")
    return code


def _needed(found: re.Match[str]) -> str:
    """Of the schema that was broken: what the explanation of the rule takes from it."""
    definition, rule = found.groups()
    keyword = {"required": "required", "additionalProperties": "properties"}.get(rule)
    if keyword is None:
        return f", rule='{rule}'"
    names = sorted(ast.literal_eval(definition).get(keyword, ()))
    return f", definition={{{keyword!r}: {names!r}}}, rule='{rule}'"


def _function(code: str, definition: str) -> str:
    """fastjsonschema names a function by its reference, with every character but letters and digits as `_`."""
    name = "validate_" + re.sub(r"[^a-zA-Z0-9]", "_", f"#/definitions/{definition}").lower()
    if f"def {name}(" not in code:
        raise ValueError(f"fastjsonschema wrote no function {name} for {definition}.")
    return name
