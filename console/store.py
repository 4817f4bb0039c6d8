"""The history: every log line in one SQLite file, which is made again from the log files whenever it is missing.

It lies beside the logs, so `down` keeps it and `down PURGE=1` removes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from caches.sqlite import Form, opened
from console.lines import Line

MOST_LINES = 400_000
"""Lines that are kept, some 300 MB; older ones stay in the log files alone."""
_COLUMNS = tuple(field.name for field in fields(Line))
_TYPES = {"began": "real", "ended": "real", "ms": "real", "status": "integer"}
_TABLES = f"""
create table lines (id integer primary key, {", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _COLUMNS)});
create index by_time on lines (began);
create index by_part on lines (service, kind, began);
create index by_request on lines (request_id) where request_id <> '';
create index by_trace on lines (trace_id) where trace_id <> '';
create index by_order on lines (order_id) where order_id <> '';
create index by_kind on lines (kind, began) where kind <> '';
create index by_failure on lines (began) where level = 'ERROR';
create index by_certificate on lines (service, began) where message = 'certificates';
create table positions (file text primary key, inode integer, offset integer, time real);
create table resources (urn text primary key, number integer, type text, name text, parent text, custom integer,
    status text, dependencies text, content text);
create table notes (name text primary key, value text);
"""
FORM = Form(schema=_TABLES, version=1, kibibytes=4000)
_INSERT = f"insert into lines ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608

Row = sqlite3.Row


class Store:
    """The file, for one thread."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes it. A damaged one, or one of another version, gives way to a new one."""
        self._database = opened(path, FORM)
        self._database.row_factory = sqlite3.Row
        self.changes = 0
        """Grows with every write: who has seen a number need not look again until there is another."""

    def close(self) -> None:
        self._database.close()

    def rows(self, query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """Returns what a query finds."""
        return self._database.execute(query, parameters).fetchall()

    def add(self, lines: Iterable[Line], *, file: str, inode: int, offset: int, time: float) -> None:
        """Adds lines of a file together with the position to which it has been read."""
        with self._database as database:
            database.executemany(_INSERT, map(astuple, lines))
            database.execute("insert or replace into positions values (?, ?, ?, ?)", (file, inode, offset, time))
        self.changes += 1

    def write(self, statements: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Carries out statements, all of them or none."""
        with self._database as database:
            for statement, parameters in statements:
                database.execute(statement, parameters)
        self.changes += 1

    def shorten(self, most: int = MOST_LINES) -> None:
        """Removes the oldest lines beyond `most`."""
        newest = self.rows("select max(id) from lines")[0][0] or 0
        self.write([("delete from lines where id <= ?", [newest - most])])
