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


def disagreements(handler: Resource, operation: str, view: Properties, there: Description) -> dict[str, Any]:
    """Returns by property what a call would set and what is there, where the description tells it and it differs."""
    table = handler.table
    wanted = parameters(handler.aws.shape(table.service, operation), view, table.names)
    if isinstance(listed := wanted.get(table.within), list) and listed:  # as the targets of a rule
        wanted = listed[0]
    found: dict[str, Any] = {}
    for member, value in wanted.items():
        if member in there and member not in _ELSEWHERE:
            found |= _pairs(value, there[member], table.names.get(member, _lower(member)))
    texts = view["attributes"] if table.attributes and "attributes" in view else handler.attributes(view)
    for attribute, value in texts.items():
        found |= _pairs(_value(value), _value(there.get(attribute)), table.attributes[attribute])
    return found


def _pairs(wanted: Any, there: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yields what differs. Of a structure only the members count that are wanted: AWS tells its own besides."""
    wanted, there = _document(wanted), _document(there)
    if isinstance(wanted, dict) and isinstance(there, dict) and wanted:
        are_chosen = path.endswith(("variables", "additionalVersionWeights"))  # keys of somebody else, and no members
        for key, value in wanted.items():
            yield from _pairs(value, there.get(key), f"{path}.{key if are_chosen else _lower(key)}")
        if are_chosen:
            for key in there.keys() - wanted.keys():
                yield f"{path}.{key}", (None, there[key])
    elif _structures(wanted) and _structures(there) and len(wanted) == len(there):
        for number, (value, other) in enumerate(zip(sorted(wanted, key=_name), sorted(there, key=_name), strict=True)):
            yield from _pairs(value, other, f"{path}[{number}]")
    elif _plain(wanted) != _plain(there):
        yield path, (wanted, there)


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
