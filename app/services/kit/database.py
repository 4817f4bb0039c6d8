"""A service's PostgreSQL: a pool with time-outs, whose failures are a 503 and not an accident."""

from __future__ import annotations

import asyncio
import logging
import ssl
from types import TracebackType
from typing import Any

import asyncpg

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit.entra import TokenSource
from app.services.kit.settings import DatabaseSettings

POOL_SIZE = 10
"""Connections per pod. Times the largest number of pods it must stay below the server's max_connections."""
ACQUIRE_TIMEOUT = 1.0
"""Seconds to wait for a connection, making one included."""
STATEMENT_TIMEOUT = 1.5
"""Seconds that a statement may take. With ACQUIRE_TIMEOUT it stays below the 3 s that the edge waits."""
COMMAND_TIMEOUT = 1.8
"""Seconds after which the client gives up on a server that does not even cancel."""
CLOSE_TIMEOUT = 2.0
"""Seconds that the end of the process waits for work on a connection: all requests have ended before."""

Connection = Any
"""asyncpg.Connection, which has no type information."""

_log = logging.getLogger(__name__)

_NO_CONNECTION = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Whatever stands in the way of a connection: the network, TLS, the token, the role, the server, the pool's end."""
_BROKEN = (
    OSError,  # also TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # the server shuts down, or a statement took too long
    asyncpg.InsufficientResourcesError,
)
"""What happens to a connection or its server in the middle of work, and is no mistake in the statement."""


class Lease:
    """A connection for the time of an `async with`. Raises ProblemError (503) for what another attempt may not meet."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Connection = None

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT)
        except _NO_CONNECTION as error:
            raise _unavailable(error) from error
        return self._connection

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._pool.release(self._connection)
        if isinstance(error, _BROKEN):
            raise _unavailable(error) from error


class Database:
    """Connections are made when they are needed: the service starts, and is not ready, while its database is away."""

    def __init__(self, settings: DatabaseSettings, *, name: str) -> None:
        self._settings = settings
        self._name = name
        self._pool: Any = None

    async def open(self) -> None:
        settings = self._settings
        self._pool = await asyncpg.create_pool(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            database=settings.database,
            password=TokenSource(settings.entra).password if settings.entra else settings.password,
            ssl=tls_context(settings) if settings.tls else False,
            min_size=0,
            max_size=POOL_SIZE,
            timeout=ACQUIRE_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            reset=_nothing_to_reset,
            server_settings={
                "application_name": self._name,
                "statement_timeout": str(int(STATEMENT_TIMEOUT * 1000)),
                "idle_in_transaction_session_timeout": "10000",
            },
        )

    async def close(self) -> None:
        """Waits for the connections that are in use, but not for ever."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._pool.close()
        except TimeoutError:  # asyncpg has ended the connections by force
            _log.warning("A connection was still in use at the end.")

    def connection(self) -> Lease:
        return Lease(self._pool)

    async def fetchrow(self, query: str, *args: object) -> Any | None:
        """The first row. Raises ProblemError (503)."""
        async with self.connection() as connection:
            return await connection.fetchrow(query, *args)

    @property
    def connections(self) -> int:
        return self._pool.get_size() if self._pool is not None else 0

    @property
    def idle_connections(self) -> int:
        return self._pool.get_idle_size() if self._pool is not None else 0


def tls_context(settings: DatabaseSettings) -> ssl.SSLContext:
    """`verify-full`: the chain and the name are checked, against the given authority or those of the system."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _nothing_to_reset(_: Connection) -> None:
    """Sessions keep no state here (the pool itself rolls back), so a round trip per release is saved."""


def _unavailable(error: BaseException) -> ProblemError:
    _log.warning("The database is not available: %s: %s", type(error).__name__, error)
    return ProblemError(UNAVAILABLE, "The database can't be reached now; try again.", headers={"retry-after": "1"})
