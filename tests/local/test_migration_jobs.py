"""Migrations on the local stack: once for each image, before the pods roll, with a role that owns what pods use."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import asyncpg
import pytest

from tests.support.databases import rows
from tests.support.load import load
from tests.support.services import SERVICES
from tests.support.stack import Stack


class Migration:
    """A migration of the users service. Its file goes with the test, and what it has done stays."""

    def __init__(self, stack: Stack, version: str) -> None:
        self._stack = stack
        self.version = version
        self._file = stack.root / f"app/services/users/migrations/{version}_more.sql"

    def write(self, *statements: str) -> None:
        self._file.write_text("\n".join(["-- migrate:up", *statements, "-- migrate:down", ""]))

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)
        self._stack.up()


@pytest.fixture
def migration(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Migration]:
    migration = Migration(stack, f"2099{zlib.crc32(request.node.name.encode()):010}")
    yield migration
    migration.forget()


VERSIONS = "select version from schema_migrations"


def url(stack: Stack, secret: str) -> str:
    return str(stack.outputs_of("core/v1:Secret", secret)["stringData"]["url"])


def jobs(stack: Stack, service: str) -> list[str]:
    return [path.stem for path in (stack.machine.objects / "Job").rglob(f"{service}-migrations-*.json")]


def applied(stack: Stack) -> set[str]:
    return {row["version"] for row in rows(url(stack, "users-database"), VERSIONS)}


def test_every_service_s_job_has_run(stack: Stack) -> None:
    for service in SERVICES:
        (name,) = jobs(stack, service)
        assert (stack.machine.logs / "pods" / f"{name}.log").exists()
        files = (stack.root / "app/services" / service / "migrations").glob("*.sql")
        versions = {file.name.partition("_")[0] for file in files}
        assert versions
        assert {row["version"] for row in rows(url(stack, f"{service}-database"), VERSIONS)} >= versions


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_s_role_gets_no_further_than_its_own_rows(stack: Stack, service: str) -> None:
    own = url(stack, f"{service}-database")
    owner = rows(own, "select tableowner::text as owner from pg_tables where tablename = 'schema_migrations'")
    assert owner == [(f"{service}_migrations",)]
    assert rows(own, "select current_user::text") == [(service,)]
    for statement in ("create table stolen (id int)", f"set role {service}_migrations", "select * from pg_authid"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            rows(own, statement)
    for other in SERVICES:
        if other != service:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                rows(own.replace(f"/{service}?", f"/{other}?"), "select 1")


def test_a_new_migration_runs_before_its_pods_and_no_call_is_lost(
    stack: Stack, token: str, migration: Migration
) -> None:
    (before,) = jobs(stack, "users")
    migration.write("alter table users add column memo text;")
    with load(stack, token) as seen:
        done = stack.up()
    assert sorted(done.changes) == [
        "replaced kubernetes:Job users-migrations",
        "updated docker:Image users",
        "updated kubernetes:Deployment users",
    ]
    assert set(seen) == {200}
    (after,) = jobs(stack, "users")
    assert after != before
    assert migration.version in applied(stack)
    assert "0 changes" in stack.up().out


def test_a_migration_that_fails_stops_the_roll_and_the_pods_go_on(
    stack: Stack, token: str, migration: Migration
) -> None:
    pods = [(pod["name"], pod["pid"]) for pod in stack.pods("users")]
    migration.write("alter table users add column remark text;", "select nothing from nowhere;")
    with load(stack, token) as seen:
        done = stack.run("up")
    assert done.code == 1
    said = done.out + done.err
    assert "The Job users-migrations-" in said
    assert 'relation "nowhere" does not exist' in said
    assert "Traceback" not in said
    assert [(pod["name"], pod["pid"]) for pod in stack.pods("users")] == pods
    assert set(seen) == {200}
    assert migration.version not in applied(stack)

    migration.write("alter table users add column remark text;")
    stack.up()
    assert migration.version in applied(stack)
