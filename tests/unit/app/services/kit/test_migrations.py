import asyncio
from typing import Any

import pytest

from app.services.kit.database import Database
from app.services.kit.migrations import MigrationCheck, directory, versions
from app.services.kit.settings import DatabaseSettings


def checked(url: str, expected: frozenset[str], *, then: Any = None) -> tuple[str | None, str | None]:
    async def run() -> tuple[str | None, str | None]:
        database = Database(DatabaseSettings.from_environment({"DATABASE_URL": url}), name="test")
        check = MigrationCheck(database, expected)
        try:
            first = await check.check()
            if then is not None:
                await then(database)
            return first, await check.check()
        finally:
            await database.close()

    return asyncio.run(run())


def test_versions_are_the_digits_of_the_files():
    assert {"20261101090000", "20261101090100"} <= versions("users")
    assert all(version.isdigit() for version in versions("users"))


@pytest.mark.parametrize("service", ["nothing", "kit", "../users", ""])
def test_a_service_without_migrations_is_named_with_those_that_have(service):
    with pytest.raises(ValueError, match=r"there are .*users"):
        directory(service)


def test_a_new_database_lacks_them_all(server):
    missing = "migrations are missing: 1, 2"

    assert checked(server.new_database(), frozenset({"1", "2"})) == (missing, missing)


def test_it_is_ready_with_its_own_and_with_newer_ones(server, migrate):
    url = server.new_database()
    assert migrate(url).returncode == 0

    assert checked(url, versions("users")) == (None, None)
    assert checked(url, frozenset({"20261101090000"})) == (None, None)
    assert checked(url, versions("users") | {"99999999999999"})[0] == "migrations are missing: 99999999999999"


def test_it_becomes_ready_when_they_come(server, migrate):
    url = server.new_database()

    async def later(_: Database) -> None:
        assert (await asyncio.to_thread(migrate, url)).returncode == 0

    first, second = checked(url, versions("users"), then=later)
    assert first is not None
    assert second is None


def test_it_is_not_ready_without_its_database(server, migrate):
    url = server.new_database()
    migrate(url)

    assert checked(url, versions("users"), then=Database.close) == (None, "the database does not answer")
