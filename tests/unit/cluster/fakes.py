"""An API server in memory, as far as the code of `cluster` asks it."""

from __future__ import annotations

import copy
import functools
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from cluster.api import MANAGER, MARK, Api, Object
from cluster.target import Target

Key = tuple[str, str, str]
_NOTHING: Object = {"metadata": {"generation": 0, "managedFields": []}}


def key_of(manifest: Mapping[str, Any]) -> Key:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


class FakeApi(Api):
    """Objects are ready as soon as they are applied, unless `becomes` says otherwise."""

    def __init__(self, *, kinds: set[str] | None = None, context: str = "kind-test") -> None:
        self.target = Target(kubeconfig="/nowhere", context=context)
        self.identity = "uid"
        self.objects: dict[Key, Object] = {}
        self.logs: dict[str, str] = {}
        self.becomes: dict[str, Object] = {}
        """The status that objects of a kind get."""
        self.kinds = kinds
        self.deleted: list[Key] = []
        self._fields: dict[Key, dict[str, Object]] = defaultdict(dict)
        """The fields that each manager has set, apart from what names an object."""

    def knows(self, api_version: str, kind: str | None = None) -> bool:
        return self.kinds is None or api_version in self.kinds

    def apply(self, manifest: Object, *, marked: bool = True) -> Object:
        """Applies as the server does: fields that are left out go unless others have set them, too, and whoever sets
        none is no manager any more."""
        key = key_of(manifest)
        found, set_by = self.objects.get(key, _NOTHING), self._fields[key]
        mark = {"metadata": {"annotations": {MARK: "true"}}} if marked else {}
        before, fields = set_by.pop(MANAGER, {}), _merged(_fields_of(manifest), mark)
        kept = functools.reduce(_merged, set_by.values(), fields)
        applied = _merged(_without(found, before, kept=kept), _merged(manifest, mark))
        entries = [entry for entry in found["metadata"]["managedFields"] if entry["manager"] != MANAGER]
        if fields:
            set_by[MANAGER] = fields
            entries.append({"manager": MANAGER})
        applied["metadata"] |= {"generation": found["metadata"]["generation"] + 1, "managedFields": entries}
        if status := self.becomes.get(manifest["kind"]):
            applied["status"] = status
        self.objects[key] = applied
        return applied

    def get(self, manifest: Object) -> Object | None:
        return self.objects.get(key_of(manifest))

    def select(self, api_version: str, kind: str, *, namespace: str | None = None, **selectors: str) -> list[Object]:
        """Selects as the server does, by equal labels, by labels that are there, and by those that are not."""
        asked = selectors.pop("label_selector", "")
        assert not selectors, f"this API server does not select by {', '.join(selectors)}"
        return [
            found
            for (of_kind, within, _), found in self.objects.items()
            if (of_kind, found["apiVersion"]) == (kind, api_version)
            and namespace in (None, within)
            and all(_holds(each, found["metadata"].get("labels") or {}) for each in filter(None, asked.split(",")))
        ]

    def delete(self, manifest: Object, *, timeout: float) -> None:
        if self.objects.pop(key_of(manifest), None):
            self._fields.pop(key_of(manifest), None)
            self.deleted.append(key_of(manifest))

    def log(self, namespace: str, pod: str, *, lines: int | None = None, previous: bool = False) -> str:
        return self.logs.get(pod, "")

    def made_by(self, manager: str, manifest: Object) -> None:
        """Adds an object that somebody else has made, or fields to one that is there."""
        key = key_of(manifest)
        found = self.objects.get(key, _NOTHING)
        made = _merged(found, manifest)
        entries = [entry for entry in found["metadata"]["managedFields"] if entry["manager"] != manager]
        made["metadata"] |= {"generation": 1, "managedFields": [*entries, {"manager": manager}]}
        self.objects[key] = made
        self._fields[key][manager] = _fields_of(manifest)


def _fields_of(manifest: Object) -> Object:
    """Returns the fields of a manifest that make whoever sets them a manager."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in ("name", "namespace")}
    rest = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    return copy.deepcopy({**rest, **({"metadata": metadata} if metadata else {})})


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Object:
    """Returns the fields of both; a list or a text is that of `above`."""
    both = copy.deepcopy({**below, **above})
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict):
            both[key] = _merged(below[key], above[key])
    return both


def _without(found: Mapping[str, Any], left_out: Mapping[str, Any], *, kept: Mapping[str, Any]) -> Object:
    """Returns an object without the fields that were set earlier, apart from those that are kept."""
    rest = copy.deepcopy(dict(found))
    for key, value in left_out.items():
        if isinstance(value, dict) and isinstance(rest.get(key), dict):
            inner = kept.get(key)
            rest[key] = _without(rest[key], value, kept=inner if isinstance(inner, dict) else {})
            if not rest[key] and key not in kept:
                del rest[key]
        elif key not in kept:
            rest.pop(key, None)
    return rest


def _holds(requirement: str, labels: Mapping[str, str]) -> bool:
    """Tells whether labels fulfil a requirement: `key=value`, `key!=value`, `key` or `!key`."""
    assert "(" not in requirement, f"this API server does not know sets of values: {requirement}"
    key, operator, value = requirement.partition("=")
    if operator:
        return labels.get(key.removesuffix("!")) != value if key.endswith("!") else labels.get(key) == value
    return key.removeprefix("!") not in labels if key.startswith("!") else key in labels
