"""Violations of the contract's schemas, in the form in which callers get them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.contract.problems import LISTED, Violation, in_body, in_parameters
from app.contract.validator import Fault, Validator


def of_body(faults: Sequence[Fault]) -> list[Violation]:
    """Returns a violation for each of the first LISTED faults of a body, with a JSON Pointer (RFC 6901)."""
    return [in_body(place, detail) for place, detail in faults[:LISTED]]


def of_parameters(validator: Validator, values: dict[str, Any]) -> list[Violation]:
    """Returns a violation for each fault of the parameters, with the parameter's name."""
    return [in_parameters(str(place[0]), detail) for place, detail in validator(values)]
