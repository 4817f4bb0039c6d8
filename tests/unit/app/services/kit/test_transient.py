"""Passing faults: which errors they are, and that a service answers 503 while a real server has them."""

import asyncio
import contextlib
from collections.abc import Iterator

import asyncpg
import pytest

from app.services.kit.settings import Settings
from app.services.kit.transient import CLASSES, CODES, passes, spoils
from app.services.users import api
from tests.support import databases
from tests.support.asgi import Client, client
from tests.support.databases import owner_url, rows
from tests.support.postgres import Server, postgres

ADA = b'{"name": "Ada Osei", "role": "Architect"}'
JSON = {"content-type": "application/json"}


def error(state: str) -> asyncpg.PostgresError:
    """An error of the server with this SQLSTATE, as asyncpg makes it."""
    made = asyncpg.PostgresError.new({"C": state, "S": "ERROR", "V": "ERROR", "M": "a message"})
    assert made.sqlstate == state
    return made


def test_the_table_is_of_states() -> None:
    assert all(len(class_) == 2 for class_ in CLASSES)
    assert all(len(code) == 5 for code in CODES)


@pytest.mark.parametrize(
    ("state", "spoilt"),
    [
        ("08006", True),  # connection failure
        ("25006", True),  # read only
        ("25P03", True),  # idle in transaction
        ("40001", False),  # serialisation failure
        ("40P01", False),  # deadlock
        ("53100", False),  # disk full
        ("53200", False),  # out of memory
        ("53300", False),  # too many connections
        ("55P03", False),  # lock not available
        ("57014", False),  # the statement took too long
        ("57P01", True),  # shutdown
        ("57P02", True),  # crash of another process
        ("57P03", True),  # starts
        ("57P05", True),  # idle session
        ("58030", True),  # I/O error
    ],
)
def test_what_passes(state: str, spoilt: bool) -> None:
    assert passes(error(state))
    assert spoils(error(state)) is spoilt


@pytest.mark.parametrize("state", ["0A000", "22001", "23505", "42501", "42601", "42P01", "XX000"])
def test_a_mistake_does_not_pass(state: str) -> None:
    assert not passes(error(state))
    assert not spoils(error(state))


def test_a_result_that_a_migration_changed_passes() -> None:
    assert passes(asyncpg.InvalidCachedStatementError("cached plan must not change result type"))
    assert passes(asyncpg.OutdatedSchemaCacheError("x"))
    assert not passes(LookupError())
    assert not passes(None)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of this file may stop and change."""
    with postgres(tmp_path_factory.mktemp("failing")) as running:
        yield running


@pytest.fixture
def url(own: Server, environment: dict[str, str]) -> str:
    return databases.migrated(own, "users", environment)


@pytest.fixture
def call(url: str, environment: dict[str, str]) -> Iterator[Client]:
    with client(api.create(Settings.from_environment(environment | {"DATABASE_URL": url}))) as made:
        yield made


def change(call: Client, user: str = "123") -> int:
    """Writes a user whatever its version is: its status and, for 503, the header that callers wait by."""
    reply = call("GET", f"/users/{user}")
    if reply.status == 200:
        reply = call("PUT", f"/users/{user}", headers={**JSON, "if-match": reply.headers["etag"]}, body=ADA)
    assert reply.status != 503 or reply.headers["retry-after"] == "1"
    return reply.status


def until(call: Client, status: int) -> list[int]:
    """The statuses of changes, up to the first one that is `status`."""
    seen: list[int] = []
    for _ in range(100):
        seen.append(change(call))
        if seen[-1] == status:
            return seen
        call.loop.run_until_complete(asyncio.sleep(0.1))
    raise AssertionError(seen)


def test_a_server_that_is_read_only_and_writable_again(own: Server, call: Client) -> None:
    database = call.app.state.database
    assert change(call) == 200
    own.execute("alter system set default_transaction_read_only = on", "select pg_reload_conf()")
    try:
        assert set(until(call, 503)) <= {200, 503}  # the server takes a moment to read its settings
        assert database.connections == 0, "the connection would stay with a server that became a standby"
        assert call("GET", "/users/123").status == 200
        assert change(call) == 503
        assert call("GET", "/readyz").status == 200
    finally:
        own.execute(
            "set default_transaction_read_only = off",
            "alter system reset default_transaction_read_only",
            "select pg_reload_conf()",
        )
    assert set(until(call, 200)) <= {200, 503}


def test_a_server_that_stops_and_starts(own: Server, call: Client) -> None:
    assert change(call) == 200
    assert call("GET", "/readyz").status == 200
    own.stop()
    try:
        assert {change(call) for _ in range(3)} == {503}
        assert call("GET", "/users/123").status == 503
        assert call("GET", "/readyz").status == 503
        assert call("GET", "/livez").status == 200
    finally:
        own.start()
    assert set(until(call, 200)) <= {200, 503}
    assert call("GET", "/readyz").status == 200


def test_sessions_that_an_administrator_ends(own: Server, call: Client) -> None:
    assert change(call) == 200
    own.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename <> 'postgres' and datname <> ''")
    assert set(until(call, 200)) <= {200, 503}


def test_a_server_without_room_for_connections(own: Server, call: Client, url: str) -> None:
    async def full() -> None:
        async with contextlib.AsyncExitStack() as stack:
            with contextlib.suppress(asyncpg.TooManyConnectionsError):
                while True:
                    connection = await asyncpg.connect(url)
                    stack.push_async_callback(connection.close)
            assert (await call.request("GET", "/users/123")).status == 503

    call.loop.run_until_complete(full())
    assert set(until(call, 200)) <= {200, 503}


MIGRATIONS = (
    "alter table users add column note text",
    "alter table users alter column role type varchar(100)",
    "alter table users alter column name type varchar(200)",
    "alter table users alter column role type text, alter column name type text",
    "alter table users drop column note",
    "create index users_name on users (name)",
)
"""Changes that leave the service working, some of which change what its statements return."""


def test_migrations_under_load(call: Client, url: str) -> None:
    async def load() -> tuple[set[int], int]:
        seen: set[int] = set()
        count = 0
        done = asyncio.Event()

        async def callers(user: str) -> None:
            nonlocal count
            while not done.is_set():
                reply = await call.request("GET", f"/users/{user}")
                seen.add(reply.status)
                tag = {**JSON, "if-match": reply.headers.get("etag", '"0"')}
                seen.add((await call.request("PUT", f"/users/{user}", headers=tag, body=ADA)).status)
                seen.add((await call.request("GET", "/users?limit=2")).status)
                count += 3

        async with asyncio.TaskGroup() as group:
            for user in ("123", "124", "125", "126") * 2:
                group.create_task(callers(user))
            connection = await asyncpg.connect(owner_url(url))
            for migration in MIGRATIONS:
                await asyncio.sleep(0.15)
                await connection.execute(f"begin; set local lock_timeout = '3s'; {migration}; commit")
            await asyncio.sleep(0.15)
            await connection.close()
            done.set()
        return seen, count

    seen, count = call.loop.run_until_complete(load())
    assert seen <= {200, 412, 503}
    assert 200 in seen
    assert count > 50
    assert rows(owner_url(url), "select to_regclass('users_name') is not null") == [(True,)]


def test_a_migration_between_two_statements_of_a_transaction(call: Client, url: str) -> None:
    """The result of a prepared statement changes; in a transaction the driver can't try it again."""
    database = call.app.state.database
    statement = "select id, name, role, version from users where id = '123'"

    async def work() -> list[int]:
        async def read() -> int:
            try:
                async with database.transaction() as connection:
                    return len(await connection.fetchrow(statement))
            except Exception as raised:  # noqa: BLE001 - its kind is what is looked at
                return int(raised.kind.status)  # type: ignore[attr-defined]

        first = await read()
        connection = await asyncpg.connect(owner_url(url))
        await connection.execute("alter table users alter column role type varchar(100)")
        await connection.close()
        return [first, await read(), await read()]

    assert call.loop.run_until_complete(work()) == [4, 503, 4]
