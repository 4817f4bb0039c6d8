"""The translation of Pulumi's properties into AWS's parameters, led by botocore's model of each call.

The model tells a structure, whose members are renamed, from a map, whose keys are the program's own data (environment
variables, tags, alias weights), and gives each number its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.errors import ProviderError
from local.provider import Properties

_SCALARS: Mapping[str, Callable[[Any], Any]] = {"integer": int, "long": int, "string": str}


def parameters(shape: Any, properties: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    """Returns the call's parameters out of `properties`, which may hold more.

    `names` maps an API member to its property where the two differ by more than capitals.
    """
    values = {key.lower(): value for key, value in properties.items()}
    taken: dict[str, Any] = {}
    for member, kind in shape.members.items():
        value = values.get(names.get(member, member).lower())
        if value is not None:
            taken[member] = _value(kind, value, names, member)
    return taken


def members(shape: Any, names: Mapping[str, str]) -> set[str]:
    """Returns the properties that the call takes, in lower case."""
    return {names.get(member, member).lower() for member in shape.members}


def _value(kind: Any, value: Any, names: Mapping[str, str], path: str) -> Any:
    match kind.type_name:
        case "structure":
            if unknown := {key for key in value if key.lower() not in members(kind, names)}:
                raise ProviderError(f"{path} has no {', '.join(sorted(unknown))} in this AWS API.")
            return parameters(kind, value, names)
        case "map":
            return {key: _value(kind.value, item, names, f"{path}.{key}") for key, item in value.items()}
        case "list" if isinstance(value, dict):  # tags
            return [{"Key": key, "Value": item} for key, item in value.items()]
        case "list" if isinstance(value, str):  # the one name, where AWS takes several
            return [value]
        case "list":
            return [_value(kind.member, item, names, path) for item in value]
        case scalar:
            return _SCALARS[scalar](value) if scalar in _SCALARS else value


def agrees(kind: Any, declared: Any, existing: Any) -> bool:
    """Returns whether AWS's description has what is declared; members that it does not tell can't disagree."""
    if kind.type_name == "structure" and isinstance(existing, dict):
        return all(agrees(kind.members[key], declared[key], existing[key]) for key in declared if key in existing)
    return bool(declared == existing)
