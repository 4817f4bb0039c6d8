"""Reads from the models what each setting takes, its unit, its default and its reason."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from components.settings import Settings
from components.settings.checks import Check, Group

NAMED = "<name>"
"""A part of a path that stands for the keys of a mapping, such as the services' names."""

_SUFFIXES = {"Seconds": "seconds", "Minutes": "minutes", "Hours": "hours", "Days": "days", "Gb": "GB"}
_UNITS = re.compile(
    r"\b(percent|share|MiB|seconds|hour \(UTC\)|requests per second|requests|TCP port|pods|nodes|calls|tries|version"
    r"|environments)(?!\w)"
)

_KINDS = {
    "boolean": "`true`, `false`",
    "ipv4network": "IPv4 network",
    "object": "texts by name",
    "string": "text",
    "uuid": "UUID",
}

Schema = dict[str, Any]


class DescriptionError(Exception):
    """A setting can't be described from what its model says; says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting as the page describes it, in Markdown."""

    name: str
    allowed: str
    """The values that it takes, and the checks that they pass."""
    unit: str
    """The unit of a number, empty for other values."""
    default: str
    """The default, or `required`."""
    description: str
    """The purpose of the setting, in one sentence or more."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of settings, or several groups that are described alike."""

    paths: tuple[str, ...]
    """The groups' keys in the stack's file, with NAMED in the place of names."""
    about: str
    """The purpose of the group; empty where the groups differ in this."""
    settings: tuple[Setting, ...]


def sections() -> list[Section]:
    """Returns every group of settings. Raises DescriptionError for a number without a unit."""
    alike: dict[tuple[Setting, ...], Section] = {}
    for section in _sections(Settings, "", ""):
        if section.settings:
            first = alike.setdefault(section.settings, section)
            if first is not section:
                about = first.about if section.about == first.about else ""
                alike[section.settings] = replace(first, paths=first.paths + section.paths, about=about)
    return list(alike.values())


def _sections(model: type[Group], path: str, about: str) -> Iterator[Section]:
    """Yields the section of a model, then those of the groups inside of it."""
    schema = model.model_json_schema()
    own, inner = [], []
    for field in model.model_fields.values():
        group, named = _group(field.annotation)
        if group is None:
            own.append(_setting(field, schema["properties"][field.alias], schema.get("$defs", {})))
        else:
            below = f"{path}.{field.alias}".removeprefix(".") + (f".{NAMED}" if named else "")
            inner.append((group, below, _sentence(field.description or "")))
    reason = " ".join(filter(None, (about, inspect.cleandoc(vars(model).get("__doc__") or ""))))
    yield Section(paths=(path,), about=reason, settings=tuple(own))
    for group, below, sentence in inner:
        yield from _sections(group, below, sentence)


def _group(annotation: Any) -> tuple[type[Group] | None, bool]:
    """Returns the group that an annotation stands for, if any, and whether it is one of several with names."""
    if isinstance(annotation, type) and issubclass(annotation, Group):
        return annotation, False
    for part in get_args(annotation):
        group, named = _group(part)
        if group is not None:
            return group, named or get_origin(annotation) is dict
    return None, False


def _setting(field: FieldInfo, schema: Schema, definitions: Schema) -> Setting:
    name, description = str(field.alias), field.description or ""
    checks = [re.sub(r"^must (not )?be ", r"\1", sentence) for sentence in _checks(field)]
    kinds = {option.get("type") for option in schema.get("anyOf", [schema])}
    unit = ""
    if kinds & {"integer", "number"}:
        suffix = next((unit for suffix, unit in _SUFFIXES.items() if name.endswith(suffix)), None)
        match = _UNITS.search(description)
        if suffix is None and match is None:
            raise DescriptionError(f"{name} is a number: its description must say its unit; given {description!r}.")
        unit = suffix or (match[1] if match else "")
    return Setting(
        name=name,
        allowed="; ".join(filter(None, (_allowed(schema, definitions), *checks))),
        unit=unit,
        default="required" if field.is_required() else _default(field.default),
        description=_sentence(description),
    )


def _checks(field: FieldInfo) -> Iterator[str]:
    """Yields the sentences of the checks that a field's values pass."""

    def inside(annotation: Any) -> Iterator[str]:
        for part in get_args(annotation):
            yield from [part.sentence] if isinstance(part, Check) else inside(part)

    yield from inside(field.annotation)
    yield from (check.sentence for check in field.metadata if isinstance(check, Check))


def _allowed(schema: Schema, definitions: Schema) -> str:
    """Returns the values that a JSON schema allows, in words."""
    match schema:
        case {"anyOf": options}:
            return " or ".join(filter(None, (_allowed(option, definitions) for option in options)))
        case {"$ref": str(reference)}:
            return _allowed(definitions[reference.rpartition("/")[2]], definitions)
        case {"type": "array", "items": items}:
            return f"list of {_allowed(items, definitions)}"
    return _scalar(schema)


def _scalar(schema: Schema) -> str:
    match schema:
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "integer" | "number"}:
            return _range(schema)
        case {"pattern": pattern}:
            return f"`{pattern}`"
    kind = schema.get("format", schema.get("type"))
    return _KINDS.get(str(kind), "")


def _range(schema: Schema) -> str:
    limits = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    if {"minimum", "maximum"} <= schema.keys():
        return f"{schema['minimum']:,} to {schema['maximum']:,}"
    return ", ".join(f"{word} {schema[key]:,}" for key, word in limits.items() if key in schema)


def _default(value: Any) -> str:
    match value:
        case None | () | {}:
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            return ", ".join(f"`{item}`" for item in value)
    return f"`{value}`"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("." if text and not text.endswith(".") else "")
