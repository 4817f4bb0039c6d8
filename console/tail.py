"""Follows the log files: takes over what was added to each since the last look, in whole lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from console.lines import Line, parse
from console.store import Store
from local.machine import CHANGES

CHUNK = 256 * 1024
"""Bytes that are read at a time: some 20 ms, in which nothing else is done."""
LONGEST_LINE = 1024 * 1024
"""Bytes after which a line that does not end is taken as it is."""
SUFFIXES = (".jsonl", ".log")


@dataclass(frozen=True, kw_only=True)
class Position:
    """The place to which a file has been read."""

    inode: int
    offset: int
    time: float
    """The time of its last line."""


class Tail:
    """The reader of all log files below a folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder, self._store = folder, store
        self._positions = {
            row["file"]: Position(inode=row["inode"], offset=row["offset"], time=row["time"])
            for row in store.rows("select * from positions")
        }

    def read(self) -> Iterator[int]:
        """Takes over what is new, one chunk a step, and yields the bytes of each."""
        for path in _files(self._folder):
            while size := self._step(path):
                yield size

    def _step(self, path: str) -> int:
        """Takes over the next chunk of a file and returns its bytes, 0 where nothing is to be done.

        A file that is shorter than it was, or is another one by its inode, is read from its begin.
        """
        name = os.path.relpath(path, self._folder)
        try:
            status = os.stat(path)  # noqa: PTH116 - every file at every look: Path would take twice as long
        except FileNotFoundError:
            return 0
        position = self._positions.get(name)
        if position is None or position.inode != status.st_ino or position.offset > status.st_size:
            time = status.st_mtime if position is None else position.time
            position = Position(inode=status.st_ino, offset=0, time=time)
        if position.offset == status.st_size:
            return 0
        with Path(path).open("rb") as file:
            file.seek(position.offset)
            content = file.read(CHUNK)
            while b"\n" not in content and len(content) < LONGEST_LINE and (more := file.read(CHUNK)):
                content += more
        end = content.rfind(b"\n") + 1 or (len(content) if len(content) >= LONGEST_LINE else 0)
        if not end:
            return 0  # the rest of the line is yet to come
        lines, time = self._lines(name, content[:end], position.time)
        self._positions[name] = Position(inode=position.inode, offset=position.offset + end, time=time)
        self._store.add(lines, file=name, inode=position.inode, offset=position.offset + end, time=time)
        return end

    def _lines(self, name: str, content: bytes, time: float) -> tuple[list[Line], float]:
        lines = []
        for text in content.decode(errors="replace").split("\n"):
            if text.strip():
                lines.append(parse(name, text, before=time))
                time = lines[-1].ended
        return lines, time


def _files(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yields the paths of the log files below a folder, in the order of their names."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith(SUFFIXES) and entry.name != CHANGES:
            yield entry.path
