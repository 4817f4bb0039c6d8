"""The migrations of a service: their names, and whether its database has them."""

from __future__ import annotations

from pathlib import Path

from app.contract.problems import ProblemError
from app.services.kit.database import Database

SERVICES = Path(__file__).resolve().parents[1]


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
    """

    def __init__(self, database: Database, expected: frozenset[str]) -> None:
        self._database = database
        self._expected = expected
        self._current = False

    async def check(self) -> str | None:
        """Answers as a `health.Check`."""
        try:
            if self._current:
                await self._database.fetchrow("select 1")
                return None
            async with self._database.connection() as connection:
                exists = await connection.fetchval("select to_regclass('schema_migrations') is not null")
                rows = await connection.fetch("select version from schema_migrations") if exists else []
        except ProblemError:
            return "the database does not answer"
        missing = self._expected - {row["version"] for row in rows}
        self._current = not missing
        return f"migrations are missing: {', '.join(sorted(missing))}" if missing else None
