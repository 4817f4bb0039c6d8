"""Connections to a database: who gets one, over TLS too, and what replaces one that has ended."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.services.kit import database as module
from app.services.kit.database import Database
from app.services.kit.settings import EntraSettings
from tests.support.pki import Authority, Leaf
from tests.support.postgres_tls import postgres_tls
from tests.unit.app.services.kit.database_uses import settings, unavailable, use


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
