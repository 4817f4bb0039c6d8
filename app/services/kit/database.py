"""A service's PostgreSQL database: a pool of connections with time-outs, whose failures are answered with 503."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any

import asyncpg

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit.deadlines import Deadlines
from app.services.kit.entra import TokenSource
from app.services.kit.own_connection import OwnConnection
from app.services.kit.pool import Connection, Pool
from app.services.kit.settings import DatabaseSettings
from app.services.kit.tracing import active
from app.services.kit.transient import passes, spoils

__all__ = ["Connection", "Database", "Lease", "tls_context"]

POOL_SIZE = 9
"""Connections of a pod's requests; its readiness has one more. Multiplied by the largest number of pods, all of them
must stay below the server's max_connections."""
ACQUIRE_TIMEOUT = 1.0
"""Seconds that a request waits for a connection, making one included."""
CONNECT_TIMEOUT = 6.0
"""Seconds that making a connection may take, a token of Entra included. It goes on when its request has given up."""
STATEMENT_TIMEOUT = 1.5
"""Seconds that a statement may take, waiting for locks included, before the server cancels it."""
USE_TIMEOUT = 2.5
"""Seconds from asking for a connection to giving it back, a transaction included: below the 3 s that the edge waits."""
IDLE_LIFETIME = 300.0
"""Seconds after which a connection that nobody needed is ended."""
CLOSE_TIMEOUT = 2.0
"""Seconds that the end of the process waits for work on a connection: all requests have ended before."""

_log = logging.getLogger(__name__)

_NO_CONNECTION = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""The errors for which there is no connection: of the network, TLS, the token, the role, the server, a closed pool."""
_ABANDONED = (TimeoutError, asyncio.CancelledError, asyncpg.InternalClientError)
"""The errors after which a connection is cut off instead of closed: the server may not even answer the closing. Its own
time-outs end the work there."""


class Lease:
    """A connection for the time of an `async with`. Raises ProblemError (503) for passing faults."""

    __slots__ = ("_connection", "_deadline", "_deadlines", "_pool", "_started", "_trace")

    def __init__(self, pool: Pool, deadlines: Deadlines) -> None:
        self._pool = pool
        self._deadlines = deadlines

    async def __aenter__(self) -> Connection:
        self._deadline = deadline = self._deadlines.begin()
        deadline.task = asyncio.current_task()
        self._trace = active.get()
        self._started = time.time_ns() if self._trace is not None else 0
        connection = self._pool.take()
        if connection is None:
            try:
                connection = await self._pool.acquire()
            except BaseException as error:
                self._settle(error, unavailable=isinstance(error, _NO_CONNECTION))
                raise
        self._connection = connection
        return connection

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        connection = self._connection
        was_closed = isinstance(error, asyncpg.InterfaceError) and connection.is_closed()
        if isinstance(error, _ABANDONED) or spoils(error) or connection.is_in_transaction():
            connection.terminate()
        self._pool.release(connection)
        self._settle(error, unavailable=was_closed or passes(error))

    def _settle(self, error: BaseException | None, *, unavailable: bool) -> None:
        deadline = self._deadline
        deadline.done = True
        if self._trace is not None:
            self._trace.used(self._started, error)
        if isinstance(error, asyncio.CancelledError) and deadline.cancelled():
            error, unavailable = TimeoutError(f"the use of a connection took longer than {USE_TIMEOUT:g} s"), True
        deadline.task = None
        if error is not None and unavailable:
            raise _unavailable(error) from error


class Database:
    """The database of a service.

    Connections are made when they are needed: the service starts, and is not ready, while its database can't be
    reached.
    """

    def __init__(self, settings: DatabaseSettings, *, name: str) -> None:
        connect = partial(
            asyncpg.connect,
            host=settings.host,
            port=settings.port,
            user=settings.user,
            database=settings.database,
            password=TokenSource(settings.entra).password if settings.entra else settings.password,
            ssl=tls_context(settings) if settings.tls else False,
            timeout=None,  # the time-outs of the pool and the lease bound every call, at less cost
            command_timeout=None,
            server_settings={
                "application_name": name,
                "statement_timeout": str(int(STATEMENT_TIMEOUT * 1000)),
                "idle_in_transaction_session_timeout": "10000",
            },
        )
        self._pool = Pool(
            connect,
            size=POOL_SIZE,
            timeout=ACQUIRE_TIMEOUT,
            connect_timeout=CONNECT_TIMEOUT,
            idle_lifetime=IDLE_LIFETIME,
        )
        self._deadlines = Deadlines(USE_TIMEOUT)
        self.readiness = OwnConnection(connect)
        """A connection beside the pool, by which readiness sees the database even while requests use all others."""

    async def close(self) -> None:
        """Ends all connections, after waiting at most CLOSE_TIMEOUT for those that are in use."""
        self.readiness.close()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._pool.close()
        except TimeoutError:
            _log.warning("A connection was still in use when the pool was closed.")

    def connection(self) -> Lease:
        """Returns a connection on which each statement is a transaction of its own."""
        return Lease(self._pool, self._deadlines)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Gives a connection in a transaction (READ COMMITTED): committed at the end of the block, undone by an error.

        Raises ProblemError (503) for a failure that another try may not meet, also when the transaction is the victim
        of a deadlock. If the commit gets no answer, the work may have been done: only a caller with an idempotency key
        or a precondition can find that out, by trying again.
        """
        async with self.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            except Exception as error:
                if not (isinstance(error, _ABANDONED) or connection.is_closed()):
                    await transaction.rollback()
                raise
            await transaction.commit()

    async def fetchrow(self, query: str, *args: object) -> Any | None:
        """Returns the first row, None when there is none. Raises ProblemError (503)."""
        async with self.connection() as connection:
            return await connection.fetchrow(query, *args)

    @property
    def connections(self) -> int:
        """The number of connections, used and idle."""
        return self._pool.size

    @property
    def idle_connections(self) -> int:
        """The number of connections that nobody uses."""
        return self._pool.idle


def tls_context(settings: DatabaseSettings) -> ssl.SSLContext:
    """Returns a context that checks chain and name (`verify-full`), against the given authority or the system's."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _unavailable(error: BaseException) -> ProblemError:
    _log.warning("The database is not available: %s: %s", type(error).__name__, error)
    return ProblemError(UNAVAILABLE, "The database can't be reached now; try again.", headers={"retry-after": "1"})
