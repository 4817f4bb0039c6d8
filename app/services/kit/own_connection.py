"""One connection that is not the pool's: for what must not wait behind requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from app.services.kit.pool import Connection, PoolClosedError


class OwnConnection:
    """A connection that is made when it is needed, kept, and given up at the first error.

    It has one user at a time, who also bounds the time: a call that is cancelled gives the connection up.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._closed = False

    async def fetch(self, query: str, *args: object) -> list[Any]:
        """Returns the rows. Raises all that connecting and the statement raise."""
        self._check_open()
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        try:
            self._check_open()  # it may have been closed meanwhile
            return list(await self._connection.fetch(query, *args))
        except BaseException:
            self._give_up()
            raise

    def close(self) -> None:
        """Ends the connection, and makes no other."""
        self._closed = True
        self._give_up()

    def _check_open(self) -> None:
        if self._closed:
            raise PoolClosedError("the connection is closed")

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
