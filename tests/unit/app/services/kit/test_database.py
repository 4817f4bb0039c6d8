import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit import database as module
from app.services.kit.database import Database
from app.services.kit.settings import DatabaseSettings, EntraSettings
from tests.support.pki import Authority, Leaf
from tests.support.postgres_tls import postgres_tls
from tests.support.relay import relay, serving


@pytest.fixture
def url(server):
    return server.new_database()


def settings(url: str) -> DatabaseSettings:
    return DatabaseSettings.from_environment({"DATABASE_URL": url})


def use(given: str | DatabaseSettings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        database = Database(given if isinstance(given, DatabaseSettings) else settings(given), name="test-1")
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def unavailable(work: Awaitable[Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        await work
    assert caught.value.kind is UNAVAILABLE
    assert caught.value.headers == {"retry-after": "1"}
    assert "127.0.0.1" not in caught.value.detail


def test_a_row_is_fetched_and_the_session_is_bounded(url):
    async def work(database: Database) -> None:
        row = await database.fetchrow("select $1::int as n, current_setting('statement_timeout') as t", 7)
        assert dict(row) == {"n": 7, "t": "1500ms"}
        name = await database.fetchrow("select current_setting('application_name') as name")
        assert name["name"] == "test-1"
        assert (database.connections, database.idle_connections) == (1, 1)

    use(url, work)


def test_a_statement_that_takes_too_long_is_ended(url, monkeypatch):
    monkeypatch.setattr(module, "STATEMENT_TIMEOUT", 0.1)

    async def work(database: Database) -> None:
        await unavailable(database.fetchrow("select pg_sleep(5)"))
        assert (await database.fetchrow("select 1"))[0] == 1

    use(url, work)


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


def test_waiting_for_a_connection_ends(url, monkeypatch):
    monkeypatch.setattr(module, "POOL_SIZE", 1)
    monkeypatch.setattr(module, "ACQUIRE_TIMEOUT", 0.2)

    async def work(database: Database) -> None:
        async with database.connection():
            await unavailable(database.fetchrow("select 1"))
        assert (await database.fetchrow("select 1"))[0] == 1

    use(url, work)


def test_a_connection_that_the_server_ends_is_replaced(url):
    async def work(database: Database) -> None:
        await unavailable(database.fetchrow("select pg_terminate_backend(pg_backend_pid())"))
        assert (await database.fetchrow("select 1"))[0] == 1

    use(url, work)


def test_an_open_transaction_does_not_outlive_its_lease(url):
    async def work(database: Database) -> None:
        async with database.connection() as connection:
            await connection.execute("begin; create table half_done (id int)")
        assert (await database.fetchrow("select to_regclass('half_done')"))[0] is None

    use(url, work)


@pytest.mark.parametrize(
    "change",
    [{"port": 1}, {"user": "unknown"}, {"password": "wrong"}, {"database": "unknown"}, {"tls": True}],
    ids=lambda change: next(iter(change)),
)
def test_a_database_that_can_not_be_reached_is_not_available(url, change):
    use(replace(settings(url), **change), lambda database: unavailable(database.fetchrow("select 1")))


def test_a_mistake_in_the_service_is_no_outage(url):
    async def work(database: Database) -> None:
        with pytest.raises(asyncpg.UndefinedTableError):
            await database.fetchrow("select * from nowhere")
        with pytest.raises(asyncpg.InterfaceError):
            await database.fetchrow("select $1::int")

    use(url, work)


def test_after_its_end_it_is_not_available(url):
    async def work(database: Database) -> None:
        await database.close()
        await unavailable(database.fetchrow("select 1"))

    use(url, work)


def test_a_connection_that_is_never_given_back_does_not_hold_up_the_end(url, monkeypatch):
    monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.1)

    async def work(database: Database) -> None:
        lease = database.connection()
        connection = await lease.__aenter__()
        await database.close()
        with pytest.raises(asyncpg.InterfaceError):
            await connection.fetchval("select 1")

    use(url, work)


def test_a_workload_identity_brings_its_token_as_the_password(url, monkeypatch, tmp_path):
    given = settings(url)
    entra = EntraSettings(client_id="c", tenant_id="t", token_file=tmp_path, authority_host="https://login.example")

    async def password(_: object) -> str:
        assert given.password
        return given.password

    monkeypatch.setattr(module.TokenSource, "password", password)

    async def work(database: Database) -> None:
        assert (await database.fetchrow("select 1"))[0] == 1

    use(replace(given, password=None, entra=entra), work)


def over_tls(url: str, leaf: Leaf, ca: Authority, folder: Path, work: Callable[[Database], Awaitable[Any]]) -> None:
    """Runs `work` through a server that shows `leaf`, with a client that trusts `ca`."""
    file = folder / "ca.crt"
    file.write_text(ca.certificate)

    async def run() -> None:
        plain = settings(url)
        async with postgres_tls(plain.port, leaf, folder) as port:
            database = Database(replace(plain, port=port, tls=True, ca_file=file), name="test")
            try:
                await work(database)
            finally:
                await database.close()

    asyncio.run(run())


def test_the_server_is_verified(url, authority, tmp_path):
    async def work(database: Database) -> None:
        assert (await database.fetchrow("select 1"))[0] == 1

    over_tls(url, authority.server("127.0.0.1"), authority, tmp_path, work)


def test_a_server_of_another_authority_or_name_is_refused(url, authority, tmp_path):
    async def work(database: Database) -> None:
        await unavailable(database.fetchrow("select 1"))

    over_tls(url, authority.server("127.0.0.1"), Authority("other"), tmp_path, work)
    over_tls(url, authority.server("other"), authority, tmp_path, work)
