"""The volumes of a pod as folders of its own: Secrets and ConfigMaps as files, with their content at the pod's start.

A kubelet brings later changes of it to running pods; here a pod sees them after its next roll.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local.desired import Object
from local.supervisor.manifests import Objects, RefusedError, entries, entry, find, only

VOLUMES = {"secret", "configMap", "emptyDir", "projected"}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a pod knows of itself."""

    name: str
    namespace: str
    folder: Path


def mount(volumes: tuple[Object, ...], pod: Identity, objects: Objects) -> None:
    """Makes the folders of the volumes, their files readable by the owner only. Raises RefusedError, MissingError."""
    for volume in volumes:
        folder = pod.folder / "volumes" / volume["name"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in _files(volume, pod, objects):
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise RefusedError(f"volume {volume['name']}: the path {name!r} leaves the volume.")
            path = folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
                file.write(content)


def _files(volume: Object, pod: Identity, objects: Objects) -> Iterator[tuple[str, bytes]]:
    where = f"volume {volume['name']}"
    if "secret" in volume:
        source = only(volume["secret"], {"secretName", "items", "defaultMode"}, f"{where}.secret")
        yield from _chosen(find(objects, "Secret", pod.namespace, source["secretName"]), source)
    elif "configMap" in volume:
        source = only(volume["configMap"], {"name", "items", "defaultMode"}, f"{where}.configMap")
        yield from _chosen(find(objects, "ConfigMap", pod.namespace, source["name"]), source)
    elif "projected" in volume:
        for part in only(volume["projected"], {"sources", "defaultMode"}, f"{where}.projected")["sources"]:
            ((kind, source),) = only(part, {"secret", "configMap"}, f"{where}.projected.sources").items()
            holder = find(objects, "Secret" if kind == "secret" else "ConfigMap", pod.namespace, source["name"])
            yield from _chosen(holder, only(source, {"name", "items"}, f"{where}.projected.sources.{kind}"))


def _chosen(holder: Object, source: Object) -> Iterator[tuple[str, bytes]]:
    if "items" not in source:
        yield from entries(holder).items()
    for item in source.get("items", ()):
        yield item["path"], entry(holder, item["key"])
