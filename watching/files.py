"""The sources that are looked at: which there are, and which of them have been saved, added or removed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.up import STACK

PROGRAM = ("__main__.py", "Pulumi.yaml", f"Pulumi.{STACK}.yaml", "components", "app")
"""The program, its settings on this machine, and the application: files and folders of the clone."""
OWN = ("api_docs", "caches", "cluster", "console", "local", "planning", "telemetry", "terminal", "watching")
"""The packages whose modules this process itself is made of."""
_ENDINGS = ("~", ".swp", ".swx", ".tmp", ".pyc")

Stamps = Mapping[str, tuple[int, int, int]]
"""Time, size and inode by path in the clone: a save changes one of them, also one by renaming another file."""


def stamps(root: Path) -> Stamps:
    """Returns the stamps of all sources."""
    return dict(_stamps(root, (*PROGRAM, *OWN)))


def is_source(name: str) -> bool:
    """Returns whether a file's name is that of a source, and not of what an editor or an interpreter leaves beside."""
    return not name.startswith((".", "#")) and not name.endswith(_ENDINGS) and name != "__pycache__"


def changed(before: Stamps, after: Stamps) -> frozenset[str]:
    """Returns the paths that are new, gone, or not as they were."""
    return frozenset(path for path in {*before, *after} if before.get(path) != after.get(path))


def saved_at(after: Stamps, paths: frozenset[str]) -> float | None:
    """Returns the time of the last save of these files, or None where all are gone."""
    times = [after[path][0] for path in paths if path in after]
    return max(times) / 1e9 if times else None


def _stamps(root: Path, names: tuple[str, ...]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for name in names:
        path = root / name
        if path.is_dir():
            yield from _within(str(path), name)
        elif path.is_file():
            status = path.stat()
            yield name, (status.st_mtime_ns, status.st_size, status.st_ino)


def _within(folder: str, name: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yields the stamps below a folder. `Path.rglob` would take three times as long, several times a second."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_source(entry.name):
                continue
            path = f"{name}/{entry.name}"
            try:
                if entry.is_dir():
                    yield from _within(entry.path, path)
                elif entry.is_file():
                    status = entry.stat()
                    yield path, (status.st_mtime_ns, status.st_size, status.st_ino)
            except FileNotFoundError:  # it was removed meanwhile: the next look sees that
                continue
