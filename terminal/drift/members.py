"""Compares the parameters of AWS's calls with its descriptions, and names what differs as the program does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from local.provider import Properties
from local.providers.aws.resource import Description, Resource
from local.providers.aws.shapes import parameters

_ELSEWHERE = frozenset({"Attributes", "Tags"})
"""Members of calls that a description has in another form."""


def disagreements(handler: Resource, operation: str, view: Properties, actual: Description) -> dict[str, Any]:
    """Returns by property what a call would set and what is there, where the description tells it and it differs."""
    table = handler.table
    expected = parameters(handler.aws.shape(table.service, operation), view, table.names)
    if isinstance(listed := expected.get(table.within), list) and listed:  # as the targets of a rule
        expected = listed[0]
    differences: dict[str, Any] = {}
    for member, value in expected.items():
        if member in actual and member not in _ELSEWHERE:
            differences |= _pairs(value, actual[member], table.names.get(member, _lower(member)))
    texts = view["attributes"] if table.attributes and "attributes" in view else handler.attributes(view)
    for attribute, value in texts.items():
        differences |= _pairs(_value(value), _value(actual.get(attribute)), table.attributes[attribute])
    return differences


def _pairs(expected: Any, actual: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yields what differs. Of a structure only the expected members count, because AWS adds others."""
    expected, actual = _document(expected), _document(actual)
    if isinstance(expected, dict) and isinstance(actual, dict) and expected:
        are_chosen = path.endswith(("variables", "additionalVersionWeights"))  # keys of somebody else, and no members
        for key, value in expected.items():
            yield from _pairs(value, actual.get(key), f"{path}.{key if are_chosen else _lower(key)}")
        if are_chosen:
            for key in actual.keys() - expected.keys():
                yield f"{path}.{key}", (None, actual[key])
    elif _structures(expected) and _structures(actual) and len(expected) == len(actual):
        for number, (value, other) in enumerate(
            zip(sorted(expected, key=_name), sorted(actual, key=_name), strict=True)
        ):
            yield from _pairs(value, other, f"{path}[{number}]")
    elif _plain(expected) != _plain(actual):
        yield path, (expected, actual)


def _structures(value: Any) -> bool:
    """Returns whether a value is a list of structures."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _name(structure: dict[str, Any]) -> str:
    """Returns what tells a structure from others in its list, whose order says nothing."""
    return str([structure[key] for key in sorted(structure) if key.endswith(("Name", "Id", "Key", "Sid"))])


def _plain(value: Any) -> Any:
    """Returns a value so that equal ones compare so: what is empty counts as absent, and sets have no order."""
    if value in ("", [], {}, None):
        return None
    if isinstance(value, list):
        return sorted(json.dumps(_plain(each), sort_keys=True, default=str) for each in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if _plain(item) is not None}
    return value


def _value(text: str | None) -> Any:
    """Returns the number or the switch that an attribute is the text of; any other text as it is."""
    switches = {"true": True, "false": False}
    return int(text) if text and text.isdecimal() else switches.get(text or "", text)


def _document(value: Any) -> Any:
    """Returns what a text of JSON holds; any other value as it is."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _lower(member: str) -> str:
    """Returns a member as the program spells it: `visibilityTimeout` for `VisibilityTimeout`."""
    return member[:1].lower() + member[1:]
