"""A plan as text for a terminal, as Markdown for a pull request, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from planning.changes import Change
from planning.plan import Planned

LIMIT = 25_000
"""Characters of a stack's Markdown: with what their changes cost, two stacks fit into one comment, which holds 65,536
(https://github.com/orgs/community/discussions/27190)."""
_LONG = 160
"""Characters of a value that are shown."""
_SIGN = {"create": "+", "update": "!", "replace": "-/+", "delete": "-"}
_WORD = {"create": "added", "update": "changed", "replace": "replaced", "delete": "deleted"}


def as_text(planned: list[Planned], changes: list[Change] | None) -> str:
    return "\n".join(_resources(planned) if changes is None else [*_warnings(changes), *_changes(changes)])


def as_json(
    stack: str, planned: list[Planned], changes: list[Change] | None, cost: dict[str, Any] | None = None
) -> str:
    content: dict[str, Any] = {"stack": stack, "resources": [_plain(p) for p in planned]}
    if changes is not None:
        content["changes"] = [{**vars(change), "resource": _plain(change.resource)} for change in changes]
    if cost is not None:
        content["cost"] = cost
    return json.dumps(content, indent=1)


def as_markdown(stack: str, planned: list[Planned], changes: list[Change] | None) -> str:
    if changes is None:
        rows = [f"| `{p.type}` | {p.name} | {_name(p.parent)} |" for p in planned]
        return "\n".join(
            [f"### {stack}: {len(planned)} resources", "", "| type | name | parent |", "|---|---|---|", *rows]
        )
    lines = [f"### {stack}: {_counts(changes)}", ""]
    if warnings := list(_warnings(changes)):
        lines += [f"> {line}  " for line in ("**Look at this first**", *warnings)] + [""]
    return "\n".join([*lines, "```diff", *_fitting(stack, list(_changes(changes)) or ["no differences"]), "```"])


def _fitting(stack: str, lines: list[str]) -> Iterator[str]:
    room = LIMIT
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            yield f"# {len(lines) - number} lines more: ./crosscloud planning plan --stack {stack} --against REVISION"
            return
        yield line


def _plain(planned: Planned) -> dict[str, Any]:
    return {key: value for key, value in asdict(planned).items() if key != "digests"}


def _resources(planned: list[Planned]) -> Iterator[str]:
    """Yields the resources, indented under their components; after the arrow stands what a resource waits for."""
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


def _warnings(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        label = _quoted(f"{_name(change.resource.urn)} ({_name(change.resource.parent)})")
        if change.operation == "replace":
            lost = f" and loses {change.loses}" if change.loses else ""
            yield f"replaces {label}{lost}, because of {', '.join(map(_quoted, change.replacing))}"
        elif change.operation == "delete" and change.twin:
            lost = f", which loses {change.loses}" if change.loses else ""
            yield (
                f"renames {label} to {_quoted(_name(change.twin))}: one is deleted, another created{lost}; "
                f"an alias of the new one (pulumi.Alias) would keep it"
            )
        elif change.loses:
            yield f"deletes {label} and loses {change.loses}"


def _changes(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        resource = change.resource
        label = f"{resource.type} {resource.name} ({_name(resource.parent)})"
        if change.twin:
            label += f" renamed {'to' if change.operation == 'delete' else 'from'} {_name(change.twin)}"
        yield f"{_SIGN[change.operation]} {_quoted(label)}"
        for path, (before, after) in change.properties.items():
            because = "  # replaces" if path in change.replacing else ""
            yield f"      {_quoted(path)}: {_value(before)} -> {_value(after)}{because}"


def _counts(changes: list[Change]) -> str:
    counts = [(sum(c.operation == operation for c in changes), word) for operation, word in _WORD.items()]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no differences"


def _quoted(text: str) -> str:
    """Returns a name or path, which can hold any text, on one line and without meaning in Markdown or HTML."""
    return text.encode("unicode_escape").decode().translate({ord(c): "_" for c in "`<>@"})


def _value(value: Any) -> str:
    if value is None:
        return "absent"
    text = json.dumps(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)} characters)"


def _name(urn: str) -> str:
    *_, types, name = urn.split("::") if urn else ("", "", "stack")
    return f"{types.rpartition(':')[2]} {name}".strip()
