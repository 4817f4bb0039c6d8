"""The migrations of a service: their names, and whether its database has them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from app.services.kit.own_connection import OwnConnection
from app.services.kit.shared import Shared

SERVICES = Path(__file__).resolve().parents[1]
TIMEOUT = 1.5
"""Seconds that a question waits for a look at the database: below the 2 s that the kubelet waits."""
LOOK_TIMEOUT = 6.0
"""Seconds that a look may take, connecting and a token included: it goes on, and the next question finds its answer."""
_NO_ANSWER = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The errors that a look at the database can meet. TimeoutError is an OSError."""


def directory(service: str) -> Path:
    """Returns the folder of the service's migrations.

    Raises ValueError for a service without migrations, with the names of those that have some.
    """
    known = sorted(path.parent.name for path in SERVICES.glob("*/migrations"))
    if service not in known:
        raise ValueError(f"There is no service {service!r} with migrations; there are {', '.join(known)}.")
    return SERVICES / service / "migrations"


def versions(service: str) -> frozenset[str]:
    """Returns the versions as dbmate records them: the digits at the beginning of each file's name."""
    return frozenset(path.name.partition("_")[0] for path in directory(service).glob("*.sql"))


class MigrationCheck:
    """A check that the database answers and has every migration of this build.

    It may have newer ones, which are applied before the pods that need them start.

    It says whether this pod can work at all, on a connection of its own, and nothing of how busy the pod is. Slow
    statements that take all connections of the pool are answered with 503 one by one; a pod that was taken out for them
    would leave its load to the others, which then went out too.
    """

    def __init__(self, connection: OwnConnection, expected: frozenset[str]) -> None:
        self._connection = connection
        self._expected = expected
        self._current = False
        self._looking = Shared(self._look, timeout=LOOK_TIMEOUT)

    async def check(self) -> str | None:
        """Answers as a `health.Check`. Calls at the same time share one look."""
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._looking.result()
        except _NO_ANSWER:
            return "the database does not answer"

    async def _look(self) -> str | None:
        if self._current:
            await self._connection.fetch("select 1")
            return None
        ((exists,),) = await self._connection.fetch("select to_regclass('schema_migrations') is not null")
        rows = await self._connection.fetch("select version from schema_migrations") if exists else []
        missing = self._expected - {row["version"] for row in rows}
        self._current = not missing
        return f"migrations are missing: {', '.join(sorted(missing))}" if missing else None
