"""Violations of the contract's schemas, as callers see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from app.contract.problems import Violation

Validator = Callable[[object], object]


LISTED = 100
"""Violations that are told of one value at most: an answer stays small whatever was sent."""


def of_body(validator: Validator, value: object) -> list[Violation]:
    """One for each, with a JSON Pointer to the place."""
    return [{"pointer": _pointer(path), "detail": detail} for path, detail in _violations(validator, value)]


def of_parameters(validator: Validator, value: dict[str, Any]) -> list[Violation]:
    """One for each, with the parameter's name."""
    return [{"parameter": path[0], "detail": detail} for path, detail in _violations(validator, value)]


def _violations(validator: Validator, value: object) -> list[tuple[list[str], str]]:
    try:
        validator(value)
    except ValueError as found:  # each generated module has exception classes of its own
        every = (each for error in found.errors for each in _explained(error, value))  # type: ignore[attr-defined]
        return list(islice(every, LISTED))
    return []


def _pointer(path: list[str]) -> str:
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)


def _explained(error: Any, document: object) -> Iterator[tuple[list[str], str]]:
    """The path of the value and what is wrong there. Missing and unknown members get a line each, with their path."""
    path = list(_steps(error.name.removeprefix("data"), document))
    match error.rule:
        case "required":
            yield from (
                ([*path, name], "is required") for name in error.definition["required"] if name not in error.value
            )
        case "additionalProperties":
            known = error.definition["properties"]
            yield from (([*path, name], "is not a known member") for name in error.value if name not in known)
        case _:
            yield path, error.message.removeprefix(f"{error.name} ")


def _steps(name: str, value: Any) -> Iterator[str]:
    """Of `.items[0].sku`: items, 0, sku. Members of the document may have dots and brackets in their names."""
    while name:
        if isinstance(value, list):
            step, _, name = name[1:].partition("]")
            value = value[int(step)]
        else:
            step = max((key for key in value if f"{name}.".startswith((f".{key}.", f".{key}["))), key=len)
            name = name[1 + len(step) :]
            value = value[step]
        yield step
