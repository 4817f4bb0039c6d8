"""Violations of the contract's schemas, as callers see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from app.contract.problems import Violation
from app.edge.validators import JsonSchemaValueException, JsonSchemaValuesException

_STEP = re.compile(r"[^.\[\]]+")


def of_body(validator: Callable[[object], object], value: object) -> list[Violation]:
    """One for each, with a JSON Pointer to the place."""
    return [
        {"pointer": "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path), "detail": detail}
        for path, detail in _violations(validator, value)
    ]


def of_parameters(validator: Callable[[object], object], value: dict[str, str]) -> list[Violation]:
    """One for each, with the parameter's name."""
    return [{"parameter": path[0], "detail": detail} for path, detail in _violations(validator, value)]


def _violations(validator: Callable[[object], object], value: object) -> Iterator[tuple[list[str], str]]:
    try:
        validator(value)
    except JsonSchemaValuesException as found:
        for error in found.errors:
            yield from _explained(error)


def _explained(error: Any) -> Iterator[tuple[list[str], str]]:
    """The path of the value and what is wrong there. Missing and unknown members get a line each, with their path."""
    path = _STEP.findall(error.name)[1:]  # the first step is the document itself
    match error:
        case JsonSchemaValueException(rule="required"):
            for name in error.definition["required"]:
                if name not in error.value:
                    yield [*path, name], "is required"
        case JsonSchemaValueException(rule="additionalProperties"):
            for name in error.value:
                if name not in error.definition["properties"]:
                    yield [*path, name], "is not a known member"
        case _:
            yield path, error.message.removeprefix(f"{error.name} ")
