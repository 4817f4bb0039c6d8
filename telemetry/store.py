"""The spans that are kept: one SQLite file, which the collector alone writes, and others may read meanwhile."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from caches.sqlite import Form, is_damage, opened
from telemetry.span import Span

MOST_SPANS = 200_000
"""Spans that are kept, some 200 MB; the oldest go first."""
EVERY = 2_000
"""Spans between two looks at how many there are."""
_TABLES = """
create table spans (trace_id text, span_id text, began integer, request_id text, order_id text, content text,
    primary key (trace_id, span_id)) without rowid;
create index by_request on spans (request_id) where request_id <> '';
create index by_order on spans (order_id) where order_id <> '';
create index by_time on spans (began);
"""
FORM = Form(schema=_TABLES, version=1, kibibytes=2000)
_FIND = """select content from spans where trace_id = :id or trace_id in
    (select trace_id from spans where request_id = :id and request_id <> '' union
     select trace_id from spans where order_id = :id and order_id <> '') order by began"""


class Store:
    """The collector's file, for the one thread that writes it."""

    def __init__(self, path: Path, *, most: int = MOST_SPANS) -> None:
        """Opens the file, or makes it. A damaged one, or one of another version, gives way to a new one."""
        self.path, self._most, self._added = path, most, 0
        self._open()

    def add(self, spans: Iterable[Span]) -> None:
        """Adds spans. One that comes again takes the place of the first.

        A file that was removed or damaged meanwhile is made anew. Raises sqlite3.Error when they can't be written.
        """
        rows = [
            (s.trace_id, s.span_id, s.began, s.request_id, s.order_id, json.dumps(s.document(), separators=(",", ":")))
            for s in spans
        ]
        if _identity(self.path) != self._is:
            self.close()
            self._open()
        try:
            self._write(rows)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self.close()
            self._open()
            self._write(rows)

    def close(self) -> None:
        self._database.close()

    def find(self, id_: str) -> list[Span]:
        """Returns all spans of the traces that a trace id, a request id or an order's id names, in their order."""
        return _matching(self._database, id_)

    def _open(self) -> None:
        self._is: tuple[int, int] | None = None
        self._database = opened(self.path, FORM)
        self._is = _identity(self.path)

    def _write(self, rows: Sequence[tuple[str, str, int, str, str, str]]) -> None:
        with self._database as database:
            database.executemany("insert or replace into spans values (?, ?, ?, ?, ?, ?)", rows)
            self._added += len(rows)
            if self._added >= min(EVERY, self._most):
                self._added = 0
                database.execute(
                    "delete from spans where began < (select began from spans order by began desc limit 1 offset ?)",
                    [self._most - 1],
                )


def find(path: Path, id_: str) -> list[Span]:
    """Returns what `Store.find` does, for a process that is not the collector: it only reads the file.

    Raises sqlite3.DatabaseError when that can't be done now.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
        return _matching(database, id_)


def _matching(database: sqlite3.Connection, id_: str) -> list[Span]:
    return [_span(row[0]) for row in database.execute(_FIND, {"id": id_})]


def _identity(path: Path) -> tuple[int, int] | None:
    """Returns what tells a file from another one by its name; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _span(content: str) -> Span:
    members = json.loads(content)
    return Span(**{**members, "links": tuple((trace, span) for trace, span in members["links"])})
