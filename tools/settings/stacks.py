"""Reads the values that a stack's file sets, by the path of the setting."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from tools.settings.described import NAMED, Section, Setting

YOURS = "yours"
"""The page's word for a placeholder, whose line in the stack's file says REPLACE: only whoever deploys knows it."""
MARKER = "# REPLACE"

Values = dict[str, str]
"""The values that a file sets, in Markdown, by path."""


def values(text: str, namespace: str = "crosscloud") -> Values:
    """Returns all values that a stack's file sets, by path."""
    lines = text.splitlines()
    (config,) = (node for key, node in _pairs(yaml.compose(text)) if key == "config")
    return {
        path: value
        for key, node in _pairs(config)
        if key.startswith(f"{namespace}:")
        for path, value in _leaves(node, key.partition(":")[2], lines)
    }


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)


def _leaves(node: yaml.Node, path: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    block = isinstance(node, yaml.MappingNode) and not node.flow_style
    if MARKER in lines[node.start_mark.line] and not block:
        yield path, YOURS
    elif isinstance(node, yaml.MappingNode):
        for key, inner in _pairs(node):
            yield from _leaves(inner, f"{path}.{key}", lines)
    elif isinstance(node, yaml.SequenceNode):
        yield path, ", ".join(f"`{item.value}`" for item in node.value)
    else:
        yield path, f"`{node.value}`"


def shown(section: Section, setting: Setting, stack_values: Values) -> str:
    """Returns the values that a stack sets for a setting, with names where there are several; empty for the default."""
    names: dict[str, list[str]] = {}
    for path in section.paths:
        full = re.escape(f"{path}.{setting.name}".removeprefix("."))
        pattern = re.compile(full.replace(re.escape(NAMED), "([^.]+)"))
        for key, value in stack_values.items():
            if match := pattern.fullmatch(key):
                names.setdefault(value, []).append(match[1] if match.groups() else _own(path, section.paths))
    return "; ".join(f"{', '.join(filter(None, those))} {value}".strip() for value, those in names.items())


def _own(path: str, paths: tuple[str, ...]) -> str:
    """Returns the part of a path that the others do not have."""
    common = set.intersection(*(set(other.split(".")) for other in paths))
    return ".".join(part for part in path.split(".") if part not in common)


def heading(paths: tuple[str, ...]) -> str:
    """Returns the paths as one: `functions.{catalog, orders}.canary`."""
    first = paths[0]
    if len(paths) == 1:
        return first
    return first.replace(_own(first, paths), f"{{{', '.join(_own(path, paths) for path in paths)}}}")
