"""What the stacks' files set, by the path of the setting."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from tools.settings.described import NAMED, Section, Setting

YOURS = "yours"
"""In the place of a value that only whoever deploys can know; in the file its line says REPLACE."""
MARKER = "# REPLACE"

Values = dict[str, str]


def values(text: str, namespace: str = "crosscloud") -> Values:
    """Path to value of everything that a stack's file sets."""
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


def shown(section: Section, setting: Setting, given: Values) -> str:
    """What one stack sets, and for which of several names; empty where the default holds."""
    names: dict[str, list[str]] = {}
    for path in section.paths:
        full = re.escape(f"{path}.{setting.name}".removeprefix("."))
        pattern = re.compile(full.replace(re.escape(NAMED), "([^.]+)"))
        for key, value in given.items():
            if found := pattern.fullmatch(key):
                names.setdefault(value, []).append(found[1] if found.groups() else _own(path, section.paths))
    return "; ".join(f"{', '.join(filter(None, those))} {value}".strip() for value, those in names.items())


def _own(path: str, paths: tuple[str, ...]) -> str:
    """The part of a path that the others have not."""
    common = set.intersection(*(set(each.split(".")) for each in paths))
    return ".".join(part for part in path.split(".") if part not in common)


def heading(paths: tuple[str, ...]) -> str:
    """The paths as one: `functions.{catalog, orders}.canary`."""
    first = paths[0]
    if len(paths) == 1:
        return first
    return first.replace(_own(first, paths), f"{{{', '.join(_own(path, paths) for path in paths)}}}")
