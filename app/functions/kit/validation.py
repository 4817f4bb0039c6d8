"""Violations of the contract's schemas, in the form in which callers get them."""

from __future__ import annotations

from typing import Any

from app.contract.problems import Violation
from app.contract.validator import Place, Validator


def of_body(validator: Validator, value: object) -> list[Violation]:
    """Returns a violation for each fault of a body, with a JSON Pointer to its place (RFC 6901)."""
    return [{"pointer": pointer(place), "detail": detail} for place, detail in validator(value)]


def of_parameters(validator: Validator, values: dict[str, Any]) -> list[Violation]:
    """Returns a violation for each fault of the parameters, with the parameter's name."""
    return [{"parameter": str(place[0]), "detail": detail} for place, detail in validator(values)]


def pointer(place: Place) -> str:
    """Returns the JSON Pointer to a place."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)
