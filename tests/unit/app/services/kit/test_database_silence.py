"""A server that falls silent is given up in time, whatever it was asked."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from app.services.kit import database as module
from app.services.kit.database import Database
from tests.support.relay import relay, serving
from tests.unit.app.services.kit.database_uses import settings, unavailable


def through_silence(url: str, work: Callable[[Database, asyncio.Event], Awaitable[Any]]) -> None:
    """Runs `work` with a database behind a relay that passes nothing on while the event is not set."""

    async def run() -> None:
        passing, direct = asyncio.Event(), settings(url)
        passing.set()
        async with serving(lambda reader, writer: relay(reader, writer, direct.port, passing=passing)) as port:
            database = Database(replace(direct, port=port), name="test-1")
            try:
                await work(database, passing)
            finally:
                await database.close()

    asyncio.run(run())


def test_a_server_that_falls_silent_is_given_up(url, monkeypatch):
    monkeypatch.setattr(module, "USE_TIMEOUT", 0.2)

    async def work(database: Database, passing: asyncio.Event) -> None:
        assert (await database.fetchrow("select 1"))[0] == 1
        passing.clear()
        await unavailable(database.fetchrow("select 1"))
        assert (database.connections, asyncio.current_task().cancelling()) == (0, 0)
        passing.set()
        assert (await database.fetchrow("select 1"))[0] == 1

    through_silence(url, work)


@pytest.mark.parametrize("statements", [0, 1])
def test_a_transaction_is_given_up_as_well(url, monkeypatch, statements):
    monkeypatch.setattr(module, "USE_TIMEOUT", 0.2)

    async def work(database: Database, passing: asyncio.Event) -> None:
        async def write() -> None:
            async with database.transaction() as connection:
                for _ in range(statements):
                    await connection.execute("create table half_done (id int)")
                passing.clear()
                await connection.execute("select 1")

        await unavailable(write())
        assert (database.connections, asyncio.current_task().cancelling()) == (0, 0)
        passing.set()
        assert (await database.fetchrow("select to_regclass('half_done')"))[0] is None

    through_silence(url, work)


def test_a_commit_without_an_answer_is_a_failure(url, monkeypatch):
    monkeypatch.setattr(module, "USE_TIMEOUT", 0.2)

    async def work(database: Database, passing: asyncio.Event) -> None:
        async def write() -> None:
            async with database.transaction():
                passing.clear()

        await unavailable(write())

    through_silence(url, work)


def test_a_connection_that_can_not_be_made_in_time_is_given_up(url, monkeypatch):
    monkeypatch.setattr(module, "ACQUIRE_TIMEOUT", 0.2)

    async def work(database: Database, passing: asyncio.Event) -> None:
        passing.clear()
        await unavailable(database.fetchrow("select 1"))
        await unavailable(database.transaction().__aenter__())

    through_silence(url, work)
