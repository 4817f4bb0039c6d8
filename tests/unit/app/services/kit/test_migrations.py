import asyncio
from typing import Any

import pytest

from app.contract.problems import ProblemError
from app.services.kit import database as database_module
from app.services.kit.database import POOL_SIZE, Database
from app.services.kit.migrations import TIMEOUT, MigrationCheck, directory, versions
from app.services.kit.settings import DatabaseSettings


def checked(url: str, expected: frozenset[str], *, then: Any = None) -> tuple[str | None, str | None]:
    async def run() -> tuple[str | None, str | None]:
        database = Database(DatabaseSettings.from_environment({"DATABASE_URL": url}), name="test")
        check = MigrationCheck(database.readiness, expected)
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
    urls = server.new_service()
    assert migrate(urls).returncode == 0
    url = urls.service

    assert checked(url, versions("users")) == (None, None)
    assert checked(url, frozenset({"20261101090000"})) == (None, None)
    assert checked(url, versions("users") | {"99999999999999"})[0] == "migrations are missing: 99999999999999"


def test_it_becomes_ready_when_they_come(server, migrate):
    urls = server.new_service()

    async def later(_: Database) -> None:
        assert (await asyncio.to_thread(migrate, urls)).returncode == 0

    assert checked(urls.service, versions("users"), then=later) == ("the database does not answer", None)


def test_it_is_not_ready_without_its_database(server, migrate):
    urls = server.new_service()
    migrate(urls)

    assert checked(urls.service, versions("users"), then=Database.close) == (None, "the database does not answer")


def used_up(url: str, size: int, work: Any) -> Any:
    """Returns the result of `work` while slow statements use every connection of a pool of that size."""

    async def run() -> Any:
        database = Database(DatabaseSettings.from_environment({"DATABASE_URL": url}), name="test")

        async def slow() -> None:
            with pytest.raises(ProblemError):  # ended by the statement's own time limit
                await database.fetchrow("select pg_sleep(10)")

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(size):
                    group.create_task(slow())
                while (database.connections, database.idle_connections) != (size, 0):  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.01)
                return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.fixture
def patient(monkeypatch):
    """Time for every connection to be made, however busy the machine is."""
    for name, seconds in {"ACQUIRE_TIMEOUT": 20.0, "CONNECT_TIMEOUT": 20.0, "USE_TIMEOUT": 30.0}.items():
        monkeypatch.setattr(database_module, name, seconds)
    monkeypatch.setattr(database_module, "STATEMENT_TIMEOUT", 5.0)


@pytest.mark.usefixtures("patient")
def test_it_stays_ready_while_all_connections_of_the_pool_are_used(server, migrate):
    urls = server.new_service()
    assert migrate(urls).returncode == 0

    async def looks(database: Database) -> list[str | None]:
        check = MigrationCheck(database.readiness, versions("users"))
        return [await check.check() for _ in range(3)]  # each gives up after TIMEOUT

    assert TIMEOUT < 2, "the kubelet waits two seconds"
    assert used_up(urls.service, POOL_SIZE, looks) == [None] * 3


@pytest.mark.usefixtures("patient")
def test_many_questions_at_once_are_one_look_by_one_connection(server, migrate):
    urls = server.new_service()
    assert migrate(urls).returncode == 0

    async def looks(database: Database) -> int:
        check = MigrationCheck(database.readiness, versions("users"))
        assert set(await asyncio.gather(*(check.check() for _ in range(50)))) == {None}
        ((count,),) = await database.readiness.fetch(
            "select count(*) from pg_stat_activity where usename = current_user"
        )
        return int(count)

    assert used_up(urls.service, 2, looks) == 3
