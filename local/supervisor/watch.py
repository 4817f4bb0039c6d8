"""Tells when files were replaced or removed, by the modification times of their folders."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_CLOCK_TICK = 50_000_000
"""Nanoseconds. A second change within the file system's clock tick leaves the time as it is."""


class Watch:
    def __init__(self, tree: Path, folders: Iterable[Path]) -> None:
        """`tree` is watched with the folders below it, `folders` are by themselves. They need not be there."""
        self._tree, self._folders = tree, tuple(folders)
        self._seen: list[tuple[str, int]] | None = None

    def changed(self) -> bool:
        """Since the last call. True at the first."""
        now = time.time_ns()
        found = list(self._times())
        changed = found != self._seen
        sure = all(now - modified > _CLOCK_TICK for _, modified in found)
        self._seen = found if sure else None
        return changed

    def _times(self) -> Iterator[tuple[str, int]]:
        for folder in self._folders:
            if folder.exists():
                yield str(folder), folder.stat().st_mtime_ns
        yield from _below(str(self._tree), depth=2)


def _below(folder: str, depth: int) -> Iterator[tuple[str, int]]:
    try:
        yield folder, os.stat(folder).st_mtime_ns  # noqa: PTH116 - os.scandir's names, several times a second
        if depth:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if entry.is_dir():
                        yield from _below(entry.path, depth - 1)
    except FileNotFoundError:
        return
