"""A cache in a file of SQLite: one that is damaged, or of another version, is no loss and is made anew."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

_DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
WAIT = 5.0
"""Seconds for which a statement waits for a file that somebody else is writing."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The tables of a file and the way to open it."""

    schema: str
    """The statements that make its tables."""
    version: int
    """The version of these: a file of another one is made anew."""
    kibibytes: int
    """The memory that SQLite may take for its pages, in KiB."""


def opened(path: Path, form: Form) -> sqlite3.Connection:
    """Returns the open file, which is made where there is none that can be used.

    Raises sqlite3.DatabaseError for what is no damage, such as a full disk or a file that is in use.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return _opened(path, form)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        remove(path)
        return _opened(path, form)


def remove(path: Path) -> None:
    """Removes the file with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Returns whether an error says that the file is damaged or of another version; others, as of a full disk, pass."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _DAMAGE


def _opened(path: Path, form: Form) -> sqlite3.Connection:
    is_new = not path.exists()
    path.touch(mode=0o600)
    database = sqlite3.connect(path, timeout=WAIT)
    try:
        database.executescript(
            f"pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -{form.kibibytes};"
        )
        if is_new:
            database.executescript(f"{form.schema} pragma user_version = {form.version};")
        _check(database, form)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection, form: Form) -> None:
    """Looks at the version and at every page. Raises sqlite3.DatabaseError."""
    if database.execute("pragma user_version").fetchone()[0] != form.version:
        raise sqlite3.DatabaseError("It is of another version.")
    if database.execute("pragma quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("It is damaged.")
