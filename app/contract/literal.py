"""Writes values as Python source, laid out as the code formatter leaves it."""

from __future__ import annotations

import dataclasses

WIDTH = 120
"""The number of characters of a line, as in pyproject.toml."""
_STEP = "    "


def literal(value: object, *, indent: str = "", used: int = 24) -> str:
    """Returns the source of the value: on one line where that fits, else with each item on a line of its own.

    `used` is the number of characters before the value on its line, besides the indent.
    """
    flat = _flat(value)
    if len(indent) + used + len(flat) < WIDTH:
        return flat
    match value:
        case dict():
            items = [(f"{_flat(key)}: ", item) for key, item in value.items()]
            opening, closing = "{", "}"
        case list():
            items = [("", item) for item in value]
            opening, closing = "[", "]"
        case tuple():
            items = [("", item) for item in value]
            opening, closing = "(", ")"
        case _ if dataclasses.is_dataclass(value):
            items = [(f"{name}=", item) for name, item in _fields(value)]
            opening, closing = f"{type(value).__name__}(", ")"
        case _:
            return flat
    inner = indent + _STEP
    lines = [f"{inner}{label}{literal(item, indent=inner, used=len(label) + 1)}," for label, item in items]
    return "\n".join([opening, *lines, f"{indent}{closing}"])


def _flat(value: object) -> str:  # noqa: PLR0911 - a return per kind of value
    match value:
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case frozenset():
            return "frozenset({" + ", ".join(map(_flat, sorted(value))) + "})" if value else "frozenset()"
        case tuple():
            return "(" + ", ".join(map(_flat, value)) + (",)" if len(value) == 1 else ")")
        case list():
            return "[" + ", ".join(map(_flat, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
        case _ if dataclasses.is_dataclass(value):
            fields = ", ".join(f"{name}={_flat(item)}" for name, item in _fields(value))
            return f"{type(value).__name__}({fields})"
        case _:
            return repr(value)


def _fields(value: object) -> list[tuple[str, object]]:
    """Returns the names and values of the fields that differ from their defaults."""
    changed = []
    for each in dataclasses.fields(value):  # type: ignore[arg-type]
        default = each.default_factory() if each.default_factory is not dataclasses.MISSING else each.default
        item = getattr(value, each.name)
        if item != default:
            changed.append((each.name, item))
    return changed
