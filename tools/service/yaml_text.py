"""Adds entries to a YAML file as text, so that its comments and its layout stay as people wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

import yaml


class YamlPlaceError(ValueError):
    """The file has no mapping or list at the path to which an entry is added."""


def added(text: str, path: Sequence[str], entry: str) -> str:
    """Returns `text` with `entry` as the last member of what is at `path`.

    A block mapping or list takes lines of YAML, which get its indentation; a list in brackets takes one value.
    Raises YamlPlaceError where there is no such mapping or list, or an empty one.
    """
    node = _at(yaml.compose(text), path)
    if not node.value:
        raise YamlPlaceError(f"{'.'.join(path)} is empty.")
    if node.flow_style:
        if isinstance(node, yaml.MappingNode):
            raise YamlPlaceError(f"{'.'.join(path)} is a mapping in braces.")
        bracket = node.end_mark.index - 1
        return f"{text[:bracket]}, {entry}{text[bracket:]}"
    written = len(text[: _last(node).end_mark.index].rstrip())
    line_end = text.find("\n", written)
    place = len(text) if line_end < 0 else line_end
    lines = indent(entry.rstrip("\n"), " " * node.start_mark.column)
    return f"{text[:place]}\n{lines}{text[place:]}"


def _at(node: yaml.Node | None, path: Sequence[str]) -> yaml.CollectionNode:
    steps: list[str] = []
    for step in path:
        steps.append(step)
        members = {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
        if step not in members:
            raise YamlPlaceError(f"There is no {'.'.join(steps)}.")
        node = members[step]
    if not isinstance(node, yaml.CollectionNode):
        raise YamlPlaceError(f"{'.'.join(path)} is neither a mapping nor a list.")
    return node


def _last(node: yaml.Node) -> yaml.Node:
    """Returns the scalar, or the collection in brackets or braces, that ends the block."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node
