"""The differences between two plans of a stack: resource by resource, property by property."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planning.plan import MASKED, Planned
from planning.replacements import replaces

PRECIOUS = {
    "aws:cognito/userPool:UserPool": "the accounts and clients in it",
    "aws:dynamodb/table:Table": "its items",
    "aws:kms/key:Key": "everything that is encrypted with it",
    "azure-native:containerservice:ManagedCluster": "everything that runs in it",
    "azure-native:dbforpostgresql:Server": "its databases, with their rows",
    "azure-native:keyvault:Vault": "its keys and secrets",
}
"""Types whose deletion loses what `pulumi up` can't make again, and what that is."""

ALIKE = 0.8
"""The share of equal properties from which a deleted and a created resource look like one that was renamed."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource that differs."""

    operation: str
    """create, update, replace or delete."""
    resource: Planned
    """The resource afterwards, or before it is deleted."""
    properties: dict[str, tuple[Any, Any]]
    """(before, after) by path; None stands for absent."""
    replacing: tuple[str, ...] = ()
    """Paths for which the provider deletes the resource and creates another."""
    twin: str | None = None
    """The URN on the other side of what looks renamed: that of the deleted resource for a created one, and the other
    way round."""

    @property
    def loses(self) -> str | None:
        """Returns what is lost with a resource that is deleted or replaced and can't be made again."""
        return PRECIOUS.get(self.resource.type) if self.operation in ("delete", "replace") else None

    @property
    def danger(self) -> int:
        """Returns 0 for what loses data, up to 4 for what only adds."""
        if self.loses:
            return 0
        if self.twin:
            return 1
        return {"delete": 2, "replace": 2, "update": 3}.get(self.operation, 4)


@dataclass(kw_only=True)
class _Side:
    """The resources that only one of the two plans has."""

    deleted: dict[str, Planned] = field(default_factory=dict)
    created: dict[str, Planned] = field(default_factory=dict)


def compare(before: list[Planned], after: list[Planned]) -> list[Change]:
    """Returns what differs, the most dangerous first.

    A resource with an alias of what was there before is the same resource.
    """
    old, new = {p.urn: p for p in before}, {p.urn: p for p in after}
    earlier = paired(before, after)
    kept = {p.urn for p in earlier.values()}
    side = _Side(
        deleted={urn: p for urn, p in old.items() if urn not in kept},
        created={urn: p for urn, p in new.items() if urn not in earlier},
    )
    twins = dict(_twins(side))
    changes = [
        *(Change(operation="delete", resource=p, properties={}, twin=twins.get(u)) for u, p in side.deleted.items()),
        *(change for urn, past in earlier.items() if (change := _change(past, new[urn]))),
        *(Change(operation="create", resource=p, properties={}, twin=twins.get(u)) for u, p in side.created.items()),
    ]
    return sorted(changes, key=lambda change: change.danger)


def paired(before: Sequence[Planned], after: Sequence[Planned]) -> dict[str, Planned]:
    """Returns what each resource was before, by its URN now. A new resource was nothing."""
    old, new = {p.urn: p for p in before}, {p.urn: p for p in after}
    return {p.urn: old[urn] for p in after if (urn := _earlier(p, old, new))}


def _earlier(planned: Planned, old: Mapping[str, Planned], new: Mapping[str, Planned]) -> str | None:
    if planned.urn in old:
        return planned.urn
    return next((urn for urn in planned.aliases if urn in old and urn not in new), None)


def _change(before: Planned, after: Planned) -> Change | None:
    properties = {
        path: values
        for path, values in _differences(before, after).items()
        if not any(_covers(ignored, path) for ignored in after.ignore_changes)
    }
    replacing = tuple(path for path in properties if replaces(after.type, path))
    if not properties:
        return None
    operation = "replace" if replacing else "update"
    return Change(operation=operation, resource=after, properties=properties, replacing=replacing)


def _covers(ignored: str, path: str) -> bool:
    """Returns whether Pulumi's property path `a[*].b` is `path` or holds it."""
    pattern = ignored.replace("[", "[[]")
    return any(fnmatch.fnmatchcase(path, f"{pattern}{end}") for end in ("", ".*", "[[]*"))


def _twins(side: _Side) -> Iterator[tuple[str, str]]:
    """Yields (URN, URN of its twin) for what looks renamed, in both directions."""
    free = dict(side.created)
    for urn, gone in side.deleted.items():
        alike = [other for other in free.values() if other.type == gone.type and _likeness(gone, other) >= ALIKE]
        if alike:
            twin = max(alike, key=lambda other: _likeness(gone, other))
            del free[twin.urn]
            yield urn, twin.urn
            yield twin.urn, urn


def _likeness(one: Planned, other: Planned) -> float:
    """Returns the share of properties that are equal apart from the resources' own names."""
    a = {path: str(value).replace(one.name, "*") for path, value in leaves(one.properties)}
    b = {path: str(value).replace(other.name, "*") for path, value in leaves(other.properties)}
    paths = {*a, *b}
    return sum(a.get(path) == b.get(path) for path in paths) / len(paths) if paths else 1.0


def _differences(before: Planned, after: Planned) -> dict[str, tuple[Any, Any]]:
    changed = differences(before.properties, after.properties)
    for path in sorted({*before.digests} & {*after.digests}):
        if before.digests[path] != after.digests[path]:
            changed[path] = (MASKED, f"{MASKED}, another one")
    return changed


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Returns by path the values that differ between two resources' properties; None stands for absent."""
    old, new = dict(leaves(dict(before))), dict(leaves(dict(after)))
    return {path: (old.get(path), new.get(path)) for path in sorted({*old, *new}) if old.get(path) != new.get(path)}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields every value that holds no other, with its path.

    Items of a list that have names go by their names, so that one more in the middle is one difference. JSON in a text
    is looked into.
    """
    if isinstance(value, str) and (document := _document(value)) is not None:
        value = document
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for key, item in zip(_keys(value), value, strict=True):
            yield from leaves(item, f"{path}[{key}]")
    else:
        yield path, value


def _keys(items: list[Any]) -> list[str]:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    if len(names) == len(items) == len(set(names)) and all(isinstance(name, str) for name in names):
        return [str(name) for name in names]
    return [str(index) for index in range(len(items))]


def _document(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None
