"""The files in which the processes of the stack log, read once or followed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local.machine import CHANGES, Machine
from terminal.logs.line import UNKNOWN, Line, Reader
from terminal.logs.selection import Selection

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

    def look(self, *, unfinished: bool = False) -> list[Line]:
        """Returns the lines since the last look by the time at which they began; `unfinished` ones too, if wanted."""
        entries = self.machine.logs.rglob("*")
        paths = sorted(path for path in entries if path.suffix in (".jsonl", ".log") and path.name != CHANGES)
        return sorted((line for path in paths for line in self._new(path, unfinished=unfinished)), key=_order)

    def _new(self, path: Path, *, unfinished: bool) -> Iterator[Line]:
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
                content = stream.read()
        except FileNotFoundError:  # the log of a pod that was removed meanwhile
            del self._places[path]
            return
        place.offset += len(content)
        *whole, place.rest = (place.rest + content).split(b"\n")
        if unfinished:
            whole, place.rest = [*whole, place.rest], b""
        for text in whole:
            if text.strip():
                line = place.reader.read(text.decode(errors="replace"))
                # Lines before the first one with a time are as old as the last change of the file.
                yield line if line.written > UNKNOWN else replace(line, began=changed, written=changed)


def lines(machine: Machine, selection: Selection | None = None) -> list[Line]:
    """Returns the lines of all processes by the time at which they began, or those that a selection takes."""
    selection = selection or Selection()
    return [
        line for line in Files(machine=machine, since=selection.since).look(unfinished=True) if selection.takes(line)
    ]


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
