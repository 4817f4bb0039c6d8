"""PostgreSQL Flexible Server on a real PostgreSQL; the rest is in memory."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from local import postgres
from local.machine import Machine
from local.provider import Properties
from local.providers.azure import Server, package
from local.setup import open_machine
from tests.support.waiting import PATIENCE, eventually

SERVER = {
    "administratorLogin": "users_migrations",
    "administratorLoginPassword": "it's; --secret",
    "serverName": "crosscloud-users",
    "resourceGroupName": "rg",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = open_machine(tmp_path_factory.mktemp("postgres"))
    spec = postgres.spec(machine)
    spec.prepare()
    with spec.log.open("w") as log:
        process = subprocess.Popen(
            spec.argv, env=dict(spec.env), cwd=spec.cwd, stdout=log, stderr=log, start_new_session=True
        )
    try:
        eventually(lambda: process.poll() is not None or spec.ready(), what="PostgreSQL's start")
        assert process.poll() is None, spec.log.read_text()
        yield machine
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.wait(PATIENCE)


def query(machine: Machine, user: str, password: str, database: str, sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=machine.ports.postgres, user=user, password=password, database=database, ssl=False
        )
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


def test_life_of_a_server(running: Machine) -> None:
    server = Server(running)
    made = server.create("users", SERVER)
    outputs: Properties = {**SERVER, **made.outputs}
    assert made.outputs["fullyQualifiedDomainName"] == "localhost"
    assert server.create("users", SERVER) == made, "a repeated create adopts"
    assert server.exists(made.id, outputs)

    user, password = SERVER["administratorLogin"], SERVER["administratorLoginPassword"]
    assert query(running, user, password, "postgres", "SELECT current_user") == user
    query(running, user, password, "postgres", "CREATE ROLE users LOGIN PASSWORD 'service'")
    query(running, user, password, "postgres", "CREATE DATABASE users")
    query(running, user, password, "users", "CREATE TABLE t (a int)")
    query(running, user, password, "users", "GRANT SELECT ON t TO users")
    assert query(running, "users", "service", "users", "SELECT count(*) FROM t") == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(running, user, "wrong", "postgres", "SELECT 1")

    changed = {**SERVER, "administratorLoginPassword": "other"}
    server.update(made.id, SERVER, changed, outputs)
    assert query(running, user, "other", "users", "SELECT 1") == 1

    server.delete(made.id, outputs)
    server.delete(made.id, outputs)
    assert not server.exists(made.id, outputs)
    left = "SELECT count(*) FROM (SELECT rolname FROM pg_roles UNION ALL SELECT datname FROM pg_database) n (name) "

    async def work(connection: asyncpg.Connection) -> object:
        return await connection.fetchval(f"{left} WHERE name IN ('users', 'users_migrations')")

    assert postgres.administer(running, work) == 0


def test_an_administrator_is_no_superuser_and_not_another_server_s(running: Machine) -> None:
    password = SERVER["administratorLoginPassword"]
    for service in ("one", "two"):
        owner = f"{service}_migrations"
        Server(running).create(service, {**SERVER, "administratorLogin": owner, "serverName": f"server-{service}"})
        query(running, owner, password, "postgres", f"CREATE ROLE {service} LOGIN PASSWORD 'x'")
        query(running, owner, password, "postgres", f"CREATE DATABASE {service}")
    for statement in (
        "ALTER ROLE two PASSWORD 'x'",
        "DROP DATABASE two",
        "SET ROLE two",
        "CREATE ROLE s SUPERUSER",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            query(running, "one_migrations", password, "postgres", statement)


def test_server_is_reached_on_loopback_only(running: Machine) -> None:
    async def work(connection: asyncpg.Connection) -> object:
        return await connection.fetchval("SHOW listen_addresses")

    assert postgres.administer(running, work) == "127.0.0.1"


def test_data_directory_survives_a_second_preparation(running: Machine) -> None:
    marker = running.data / "postgres" / "PG_VERSION"
    before = marker.stat().st_mtime_ns
    postgres.spec(running).prepare()
    assert marker.stat().st_mtime_ns == before


def test_missing_binary_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STACK_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(postgres.LocalError, match="No PostgreSQL for this platform"):
        postgres.find_binaries()


def test_identities_differ_and_are_stable(machine: Machine) -> None:
    identity = package(machine).handlers["azure-native:managedidentity:UserAssignedIdentity"]
    one, again, two = (identity.create(name, {"resourceGroupName": "rg"}) for name in ("one", "one", "two"))
    assert one == again
    assert one.outputs["principalId"] != two.outputs["principalId"]
    assert one.outputs["principalId"] != one.outputs["clientId"]
    assert one.id != two.id
