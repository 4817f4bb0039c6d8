"""The errors of PostgreSQL that pass: another try may succeed, so the answer is 503 and not 500.

The codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

import asyncpg

CLASSES = {
    "08": "the connection broke, or could not be made",
    "40": "the transaction was undone for another one: a serialisation failure or a deadlock",
    "53": "the server has no room: for connections, memory or files",
    "57": "somebody intervened: the server stops, starts, or fails over, or a statement took too long",
    "58": "the server's system failed, not the statement",
}
"""Classes of SQLSTATE, its first two characters, all of whose errors pass."""
CODES = {
    "0A000": "a migration has changed the result of a statement that this connection had prepared",
    "25006": "the server is read-only: it is a standby after a failover, or its storage is full",
    "25P03": "the session was ended because its transaction was idle for too long",
    "25P04": "the transaction took too long",
    "55006": "the object is in use by others",
    "55P03": "a lock was not free in time, for example while a migration changes the table",
}
"""Single errors that pass. Of 0A000 only the one that its reason names."""
_STALE_STATEMENT = "0A000"
_CANCELLED = "57014"
"""A statement that took too long: its connection is as good as before."""
_SPOILT_CLASSES = {"08", "57", "58"}
_SPOILT_CODES = {"25006", "25P03"}


def passes(error: BaseException | None) -> bool:
    """Returns whether the error is a passing fault of the connection or the server, and no mistake in the statement."""
    match error:
        case OSError() | asyncpg.InternalClientError():  # TimeoutError too; a server that announced the session's end
            return True
        case asyncpg.PostgresError():
            state = _state(error)
            if state == _STALE_STATEMENT:
                return isinstance(error, asyncpg.InvalidCachedStatementError)
            return state[:2] in CLASSES or state in CODES
        case _:
            return False


def spoils(error: BaseException | None) -> bool:
    """Returns whether the connection must not be used again: a new one may reach a server that works.

    After a failover, open sessions stay with the server that is now the standby, and would be refused for ever.
    """
    if not isinstance(error, asyncpg.PostgresError):
        return False
    state = _state(error)
    return state != _CANCELLED and (state[:2] in _SPOILT_CLASSES or state in _SPOILT_CODES)


def _state(error: asyncpg.PostgresError) -> str:
    return str(getattr(error, "sqlstate", None) or "")
