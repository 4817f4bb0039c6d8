"""Transactions are whole, bounded in time, and leave nothing behind."""

import asyncio

import asyncpg
import pytest

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit import database as module
from app.services.kit.database import Database
from tests.unit.app.services.kit.database_uses import unavailable, use


def test_a_transaction_is_committed_or_undone_as_a_whole(url):
    async def count(database: Database) -> int:
        return (await database.fetchrow("select count(*) from things"))[0]

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute("create table things (id int primary key)")
            await connection.execute("insert into things values (1)")

        async def write(*statements: str) -> None:
            async with database.transaction() as connection:
                for statement in statements:
                    await connection.execute(statement)
                raise LookupError

        with pytest.raises(LookupError):
            await write("insert into things values (2)")
        with pytest.raises(asyncpg.UniqueViolationError):
            await write("insert into things values (3)", "insert into things values (1)")
        assert (await count(database), database.connections) == (1, 1)

    use(url, work)


def test_a_slow_statement_in_a_transaction_is_ended_and_undone(url, monkeypatch):
    monkeypatch.setattr(module, "STATEMENT_TIMEOUT", 0.1)

    async def work(database: Database) -> None:
        async def slow() -> None:
            async with database.transaction() as connection:
                await connection.execute("create table half_done (id int)")
                await connection.execute("select pg_sleep(5)")

        await unavailable(slow())
        assert (await database.fetchrow("select to_regclass('half_done')"))[0] is None
        assert database.connections == 1

    use(url, work)


def test_the_time_of_a_transaction_is_that_of_all_its_statements(url, monkeypatch):
    monkeypatch.setattr(module, "USE_TIMEOUT", 0.5)

    async def work(database: Database) -> None:
        done = 0

        async def slow() -> None:
            nonlocal done
            async with database.transaction() as connection:
                for _ in range(100):
                    await connection.execute("select pg_sleep(0.1)")
                    done += 1

        await unavailable(slow())
        assert 0 < done < 100

    use(url, work)


def test_transactions_wait_for_a_connection_no_longer_than_others(url, monkeypatch):
    monkeypatch.setattr(module, "POOL_SIZE", 1)
    monkeypatch.setattr(module, "ACQUIRE_TIMEOUT", 0.2)

    async def work(database: Database) -> None:
        async with database.transaction():
            await unavailable(database.transaction().__aenter__())

    use(url, work)


def test_the_victim_of_a_deadlock_may_try_again(url):
    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute("create table things (id int primary key); insert into things values (1), (2)")
        met = [asyncio.Event(), asyncio.Event()]

        async def change(mine: int, other: int) -> None:
            async with database.transaction() as connection:
                await connection.execute("select from things where id = $1 for update", mine)
                met[mine - 1].set()
                await met[other - 1].wait()
                await connection.execute("select from things where id = $1 for update", other)

        results = await asyncio.gather(change(1, 2), change(2, 1), return_exceptions=True)
        (problem,) = [result for result in results if result is not None]
        assert isinstance(problem, ProblemError)
        assert problem.kind is UNAVAILABLE

    use(url, work)


def test_a_connection_that_the_server_ends_inside_a_transaction_is_replaced(url):
    async def work(database: Database) -> None:
        async def write() -> None:
            async with database.transaction() as connection:
                with pytest.raises(asyncpg.PostgresError):
                    await connection.execute("select pg_terminate_backend(pg_backend_pid())")
                await connection.execute("select 1")

        await unavailable(write())
        assert (await database.fetchrow("select 1"))[0] == 1

    use(url, work)


def test_a_cancelled_use_leaves_nothing_behind(url):
    async def work(database: Database) -> None:
        inside = asyncio.Event()

        async def write() -> None:
            async with database.transaction() as connection:
                await connection.execute("create table half_done (id int)")
                inside.set()
                await connection.execute("select pg_sleep(5)")

        task = asyncio.create_task(write())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert database.connections == 0
        assert (await database.fetchrow("select to_regclass('half_done')"))[0] is None

    use(url, work)


def test_an_open_transaction_does_not_outlive_its_lease(url):
    async def work(database: Database) -> None:
        async with database.connection() as connection:
            await connection.execute("begin; create table half_done (id int)")
        assert (await database.fetchrow("select to_regclass('half_done')"))[0] is None

    use(url, work)
