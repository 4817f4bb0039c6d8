"""The files in which the processes of the stack log, read once or followed."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local.machine import CHANGES, Machine
from terminal.logs.line import UNKNOWN, Line, Reader
from terminal.logs.selection import Selection

CHUNK = 1024 * 1024
"""Bytes of a file that are read at a time."""
EVERYTHING = Selection()
WINDOW = dt.timedelta(seconds=60)
"""The time for which a line may stand behind one that began later: most tell of work at its end, which took less."""
HOPS = ("gateway", "orchestrator", "ingress")
"""Services in the order of their lines that began in the same instant; others come last."""


@dataclass(kw_only=True)
class _Place:
    """The place up to which a file has been read."""

    reader: Reader
    offset: int = 0
    rest: bytes = b""
    """The beginning of a line whose end is not written yet."""


@dataclass(kw_only=True)
class Files:
    """All log files, which are read from their beginnings, and then from where the last look ended."""

    machine: Machine
    since: dt.datetime | None = None
    """A file that was not changed since then is left alone."""
    _places: dict[Path, _Place] = field(default_factory=dict, init=False)

    def look(self, selection: Selection = EVERYTHING, *, last: int | None = None) -> list[Line]:
        """Returns the lines since the last look that a selection takes, by the time at which they began.

        With `last` there are no more than that many of them.
        """
        found = (line for path in self._paths() for line in self._new(path) if selection.takes(line))
        return sorted(found if last is None else heapq.nlargest(last, found, key=_order), key=_order)

    def stream(self, selection: Selection) -> Iterator[Line]:
        """Yields what `look` returns, and unfinished lines too, with little of it in memory at a time."""
        files = (self._new(path, unfinished=True) for path in self._paths())
        yield from heapq.merge(*(_in_order(filter(selection.takes, lines)) for lines in files), key=_order)

    def _paths(self) -> list[Path]:
        found = self.machine.logs.rglob("*")
        return sorted(path for path in found if path.suffix in (".jsonl", ".log") and path.name != CHANGES)

    def _new(self, path: Path, *, unfinished: bool = False) -> Iterator[Line]:
        """Yields the new lines of a file. One that has become shorter is read from its beginning."""
        place = self._places.setdefault(path, _Place(reader=_reader(self.machine, path)))
        try:
            with path.open("rb") as stream:
                changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
                if stream.seek(0, 2) < place.offset:
                    place.offset, place.rest = 0, b""
                if self.since is not None and changed < self.since:
                    return
                stream.seek(place.offset)
                while content := stream.read(CHUNK):
                    place.offset += len(content)
                    *whole, place.rest = (place.rest + content).split(b"\n")
                    yield from _read(place, whole, changed)
        except FileNotFoundError:  # the log of a pod that was removed meanwhile
            del self._places[path]
            return
        if unfinished:
            rest, place.rest = place.rest, b""
            yield from _read(place, [rest], changed)


def _read(place: _Place, texts: Iterable[bytes], changed: dt.datetime) -> Iterator[Line]:
    """Yields the next lines of a file. Those before the first one with a time are as old as its last change."""
    for text in texts:
        if text.strip():
            line = place.reader.read(text.decode(errors="replace"))
            yield line if line.written > UNKNOWN else replace(line, began=changed, written=changed)


def _in_order(lines: Iterable[Line]) -> Iterator[Line]:
    """Yields the lines of one file by the time at which they began, with those of WINDOW in memory."""
    waiting: list[tuple[tuple[dt.datetime, int], int, Line]] = []
    newest = UNKNOWN
    for number, line in enumerate(lines):
        heapq.heappush(waiting, (_order(line), number, line))
        newest = max(newest, line.began)
        while newest - waiting[0][2].began > WINDOW:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def streamed(machine: Machine, selection: Selection = EVERYTHING) -> Iterator[Line]:
    """Yields the lines of all processes by the time at which they began, or those that a selection takes.

    However many there are, little of them is in memory at a time.
    """
    return Files(machine=machine, since=selection.since).stream(selection)


def lines(machine: Machine, selection: Selection = EVERYTHING) -> list[Line]:
    """Returns the same as a list."""
    return list(streamed(machine, selection))


def members(machine: Machine, request_id: str | None = None) -> list[dict[str, Any]]:
    """Returns the members of all lines, or of those of one request."""
    return [dict(line.fields) for line in lines(machine, Selection(request_id=request_id))]


def _reader(machine: Machine, path: Path) -> Reader:
    """Returns a reader of a file from its beginning. A pod's name begins with that of its Deployment."""
    source = str(path.relative_to(machine.logs))
    if path.parent.name == "pods":
        return Reader(source=source, service=path.stem.rsplit("-", 2)[0], pod=path.stem)
    return Reader(source=source, service=path.stem)


def _order(line: Line) -> tuple[dt.datetime, int]:
    return line.began, HOPS.index(line.service) if line.service in HOPS else len(HOPS)
