"""Turns values into DynamoDB's attributes and back.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def dump(members: Mapping[str, Any]) -> Item:
    """Returns the members as attributes, without those that are None.

    Raises TypeError for what no table here holds, such as a float.
    """
    return {name: _dumped(value) for name, value in members.items() if value is not None}


def load(item: Item) -> dict[str, Any]:
    """Returns the members of an item. Raises TypeError for an attribute that `dump` does not write."""
    return {name: _loaded(value) for name, value in item.items()}


def _dumped(value: object) -> Item:
    match value:
        case str():
            return {"S": str(value)}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [_dumped(item) for item in value]}
        case dict():
            return {"M": dump(value)}
        case _:
            raise TypeError(f"{type(value).__name__} can't be stored.")


def _loaded(attribute: Item) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "L":
            return [_loaded(item) for item in value]
        case "M":
            return load(value)
        case _:
            raise TypeError(f"An attribute of the kind {kind} is none that is stored here.")
