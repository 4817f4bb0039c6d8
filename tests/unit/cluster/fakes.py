"""An API server in memory, as far as the code of `cluster` asks it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cluster.api import MANAGER, Api, Object
from cluster.target import Target

Key = tuple[str, str, str]


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

    def knows(self, api_version: str, kind: str | None = None) -> bool:
        return self.kinds is None or api_version in self.kinds

    def apply(self, manifest: Object, *, marked: bool = True) -> Object:
        found = self.objects.get(key_of(manifest), {"metadata": {"generation": 0, "managedFields": []}})
        managers = [f for f in found["metadata"]["managedFields"] if f["manager"] != MANAGER]
        applied = copy.deepcopy(manifest)
        applied["metadata"] |= {
            "generation": found["metadata"]["generation"] + 1,
            "managedFields": [*managers, {"manager": MANAGER}],
        }
        if status := self.becomes.get(manifest["kind"]):
            applied["status"] = status
        self.objects[key_of(manifest)] = applied
        return applied

    def get(self, manifest: Object) -> Object | None:
        return self.objects.get(key_of(manifest))

    def select(self, api_version: str, kind: str, *, namespace: str | None = None, **selectors: str) -> list[Object]:
        return [value for (k, ns, _), value in self.objects.items() if k == kind and namespace in (None, ns)]

    def delete(self, manifest: Object, *, timeout: float) -> None:
        if self.objects.pop(key_of(manifest), None):
            self.deleted.append(key_of(manifest))

    def log(self, namespace: str, pod: str, *, lines: int | None = None, previous: bool = False) -> str:
        return self.logs.get(pod, "")

    def made_by(self, manager: str, manifest: Object) -> None:
        """Adds an object that somebody else has made."""
        made = copy.deepcopy(manifest)
        made["metadata"] |= {"generation": 1, "managedFields": [{"manager": manager}]}
        self.objects[key_of(manifest)] = made
