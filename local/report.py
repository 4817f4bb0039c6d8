"""A plan as text for a terminal and as Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from local.plan import Change, Planned

_SIGN = {"create": "+", "update": "~", "delete": "-"}


def as_text(planned: list[Planned], changes: list[Change] | None) -> str:
    return "\n".join(_resources(planned) if changes is None else _changes(changes))


def as_markdown(stack: str, planned: list[Planned], changes: list[Change] | None) -> str:
    if changes is None:
        rows = [f"| `{p.type}` | {p.name} | {_name(p.parent)} |" for p in planned]
        lines = [f"### {stack}: {len(planned)} resources", "", "| type | name | parent |", "|---|---|---|", *rows]
    else:
        body = list(_changes(changes)) or ["no differences"]
        lines = [f"### {stack}: {_counts(changes)}", "", "```diff", *body, "```"]
    return "\n".join(lines)


def _resources(planned: list[Planned]) -> Iterator[str]:
    """Indented under their components; what a resource waits for stands behind the arrow."""
    children: dict[str, list[Planned]] = {}
    known = {p.urn for p in planned}
    for resource in planned:
        children.setdefault(resource.parent if resource.parent in known else "", []).append(resource)

    def lines(parent: str, depth: int) -> Iterator[str]:
        for resource in children.get(parent, []):
            needs = sorted({_name(urn) for urn in resource.dependencies if urn != parent})
            arrow = f"  <- {', '.join(needs)}" if needs else ""
            yield f"{'  ' * depth}{resource.type} {resource.name}{arrow}"
            yield from lines(resource.urn, depth + 1)

    yield from lines("", 0)
    yield f"{len(planned)} resources"


def _changes(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        resource = change.resource
        yield f"{_SIGN[change.operation]} {resource.type} {resource.name} ({_name(resource.parent)})"
        for path, (before, after) in change.properties.items():
            yield f"      {path}: {_value(before)} -> {_value(after)}"


def _counts(changes: list[Change]) -> str:
    words = {"create": "added", "update": "changed", "delete": "deleted"}
    counts = [(sum(c.operation == operation for c in changes), word) for operation, word in words.items()]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no differences"


def _value(value: Any) -> str:
    return "absent" if value is None else json.dumps(value)


def _name(urn: str) -> str:
    *_, types, name = urn.split("::") if urn else ("", "", "stack")
    return f"{types.rpartition(':')[2]} {name}".strip()
