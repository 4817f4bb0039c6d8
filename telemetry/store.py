"""The spans that are kept: one SQLite file, which the collector alone writes, and others may read meanwhile."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from telemetry.span import Span

VERSION = 1
"""The form of the table. A file of another one is made anew: spans are no data of anybody's."""
MOST_SPANS = 200_000
"""Spans that are kept, some 200 MB; the oldest go first."""
EVERY = 2_000
"""Spans between two looks at how many there are."""
_SCHEMA = f"""
create table spans (trace_id text, span_id text, began integer, request_id text, order_id text, content text,
    primary key (trace_id, span_id)) without rowid;
create index by_request on spans (request_id) where request_id <> '';
create index by_order on spans (order_id) where order_id <> '';
create index by_time on spans (began);
pragma user_version = {VERSION};
"""
_FIND = """select content from spans where trace_id = :id or trace_id in
    (select trace_id from spans where request_id = :id and request_id <> '' union
     select trace_id from spans where order_id = :id and order_id <> '') order by began"""


class Store:
    """The collector's file, for one thread."""

    def __init__(self, path: Path, *, most: int = MOST_SPANS) -> None:
        """Opens the file, or makes it. A damaged one, or one of another version, gives way to a new one."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._most, self._added = most, 0
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._database = _opened(path)

    def add(self, spans: Iterable[Span]) -> None:
        """Adds spans. One that comes again takes the place of the first."""
        rows = [
            (s.trace_id, s.span_id, s.began, s.request_id, s.order_id, json.dumps(s.document(), separators=(",", ":")))
            for s in spans
        ]
        with self._database as database:
            database.executemany("insert or replace into spans values (?, ?, ?, ?, ?, ?)", rows)
            self._added += len(rows)
            if self._added >= min(EVERY, self._most):
                self._added = 0
                database.execute(
                    "delete from spans where began < (select began from spans order by began desc limit 1 offset ?)",
                    [self._most - 1],
                )

    def close(self) -> None:
        self._database.close()

    def find(self, id_: str) -> list[Span]:
        """Returns all spans of the traces that a trace id, a request id or an order's id names, in their order."""
        return _matching(self._database, id_)


def find(path: Path, id_: str) -> list[Span]:
    """Returns what `Store.find` does, for a process that is not the collector: it only reads the file.

    Raises sqlite3.DatabaseError when that can't be done now.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
        return _matching(database, id_)


def _matching(database: sqlite3.Connection, id_: str) -> list[Span]:
    return [_span(row[0]) for row in database.execute(_FIND, {"id": id_})]


def _span(content: str) -> Span:
    members = json.loads(content)
    return Span(**{**members, "links": tuple((trace, span) for trace, span in members["links"])})


def _opened(path: Path) -> sqlite3.Connection:
    """Returns the open file. Raises sqlite3.DatabaseError when it is none of this version."""
    is_new = not path.exists()
    path.touch(mode=0o600)
    database = sqlite3.connect(path, timeout=5)
    try:
        database.executescript("pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -2000;")
        if is_new:
            database.executescript(_SCHEMA)
        _check(database)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """Looks at the version and at every page. Raises sqlite3.DatabaseError."""
    if database.execute("pragma user_version").fetchone()[0] != VERSION:
        raise sqlite3.DatabaseError("It is of another version.")
    if database.execute("pragma quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("It is damaged.")
