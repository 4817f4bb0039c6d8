"""A pool of asyncpg's connections.

The one that asyncpg brings makes two tasks and a timer for every use, which is half of the cost of reading a row by its
key. Here a use of an idle connection is two operations on a list (docs/decisions/0007-a-connection-pool-of-our-own.md).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any

Connection = Any
"""An asyncpg.Connection, which has no type information."""


_Waiter = tuple[asyncio.Future[Connection | None], float]
"""A future with the result of `_turn`, and the loop's time at which the wait ends."""


class PoolClosedError(ConnectionError):
    """The pool has been closed."""


class Pool:
    """A pool of at most `size` connections, made by `connect` when they are needed. Requests wait for one in order.

    `timeout` is in seconds, for the wait and for `connect`. A `connect` that takes longer goes on for `connect_timeout`
    seconds, and its connection is for the next request: were it ended with the request that began it, a server whose
    log-in is slow would never be reached. A connection that nobody needed for `idle_lifetime` seconds is ended.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        size: int,
        timeout: float,
        connect_timeout: float,
        idle_lifetime: float,
    ) -> None:
        self._connect = connect
        self._size = size
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._idle_lifetime = idle_lifetime
        self._idle: deque[tuple[Connection, float]] = deque()  # the one that was used last is taken first
        self._used: set[Connection] = set()
        self._promised = 0  # places that are reserved for connections that `connect` is making or is about to make
        self._late: set[asyncio.Task[Connection]] = set()  # connects whose requests did not wait for them
        self._waiters: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._quiet = asyncio.Event()

    @property
    def size(self) -> int:
        """The number of connections, used and idle."""
        return len(self._idle) + len(self._used)

    @property
    def idle(self) -> int:
        """The number of connections that nobody uses."""
        return len(self._idle)

    def take(self) -> Connection | None:
        """Returns an idle connection, None when `acquire` has to be awaited for one."""
        while self._idle and not self._closed:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                self._used.add(connection)
                return connection
        return None

    async def acquire(self) -> Connection:
        """Returns a connection, a new one or one that was given back.

        Raises TimeoutError, PoolClosedError, and all that `connect` raises.
        """
        if self._closed:
            raise PoolClosedError("the pool is closed")
        if len(self._used) + self._promised < self._size:
            if (idle := self.take()) is not None:
                return idle
            self._promised += 1
            connection = None
        else:
            connection = await self._turn()
        if connection is None:
            connection = await self._new()
        self._promised -= 1
        self._used.add(connection)
        return connection

    def release(self, connection: Connection) -> None:
        """Takes a connection back. One that has been ended makes room for another."""
        self._used.discard(connection)
        self._pass_on(None if connection.is_closed() else connection)

    async def close(self) -> None:
        """Waits for the connections in use and ends all. It cuts them off when it is cancelled itself."""
        self._closed = True
        for making in self._late:
            making.cancel()
        for waiter, _ in self._waiters:
            if not waiter.done():
                waiter.set_exception(PoolClosedError("the pool is closed"))
        try:
            while self._used or self._promised:
                self._quiet.clear()
                await self._quiet.wait()
            while self._idle:
                await self._idle[-1][0].close()
                self._idle.pop()
        finally:
            for connection in [*self._used, *(each for each, _ in self._idle)]:
                connection.terminate()

    async def _new(self) -> Connection:
        """Makes a connection in a place that is promised.

        The place stays promised when it raises, until it is known what becomes of the connection.
        """
        making = asyncio.create_task(self._connect_in_time(), context=Context())
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(making)
        except BaseException:
            self._late.add(making)
            making.add_done_callback(self._settle)
            raise

    async def _connect_in_time(self) -> Connection:
        async with asyncio.timeout(self._connect_timeout):
            return await self._connect()

    def _settle(self, making: asyncio.Task[Connection]) -> None:
        """Passes on what a connect gives after its request has left: a connection, or the room for one."""
        self._late.discard(making)
        self._promised -= 1
        connection = None if making.cancelled() or making.exception() else making.result()
        if connection is not None and self._closed:
            connection.terminate()
            connection = None
        self._pass_on(connection)

    async def _turn(self) -> Connection | None:
        """Waits until this request is the first in the queue, and reserves a place for it.

        Returns a connection, or None when there is room to make one.
        """
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiters.append((waiter, loop.time() + self._timeout))
        if self._timer is None:  # one timer for all: a timer for each would cost as much as the waiting
            self._timer = loop.call_later(self._timeout, self._expire, loop)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._promised -= 1
                self._pass_on(waiter.result())
            raise

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiters and self._waiters[0][1] <= loop.time():
            waiter, _ = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(TimeoutError(f"no connection became free within {self._timeout:g} s"))
        self._timer = loop.call_at(self._waiters[0][1], self._expire, loop) if self._waiters else None

    def _pass_on(self, connection: Connection | None) -> None:
        """Gives a connection, or for None the room for one, to the first in the queue, else to the idle ones."""
        while self._waiters:
            waiter, _ = self._waiters.popleft()
            if not waiter.done():
                self._promised += 1
                waiter.set_result(connection)
                return
        if connection is not None:
            now = asyncio.get_running_loop().time()
            self._idle.append((connection, now))
            oldest, since = self._idle[0]
            if now - since > self._idle_lifetime:
                self._idle.popleft()
                oldest.terminate()
        self._quiet.set()
