"""The history: every log line in one SQLite file, which is made again from the log files whenever it is missing.

It lies beside the logs, so `down` keeps it and `down PURGE=1` removes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from console.lines import Line

VERSION = 1
"""The form of the tables. A file of another one is made anew."""
MOST_LINES = 400_000
"""Lines that are kept, some 300 MB; older ones stay in the log files alone."""
_COLUMNS = tuple(field.name for field in fields(Line))
_TYPES = {"began": "real", "ended": "real", "ms": "real", "status": "integer"}
_SCHEMA = f"""
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
pragma user_version = {VERSION};
"""
_INSERT = f"insert into lines ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608

Row = sqlite3.Row


class Store:
    """The file, for one thread."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes it. A damaged one, or one of another version, gives way to a new one."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError:
            remove(path)
            self._database = _opened(path)
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


def remove(path: Path) -> None:
    """Removes the file with what SQLite keeps beside it. It is made again from the log files."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection:
    """Returns the open file. Raises sqlite3.DatabaseError when it is none of this version."""
    is_new = not path.exists()
    path.touch(mode=0o600)
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    try:
        # It is a cache: what the end of the machine takes from it is read again from the logs.
        database.executescript("pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -4000;")
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
