"""The rights of the roles of a service's database, tried on a real server as each of them."""

import asyncio
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import asyncpg
import pytest

from app.services.kit import roles
from app.services.kit.roles import ServiceRole
from app.services.kit.settings import DatabaseSettings, SettingsError
from tests.support import databases
from tests.support.databases import rows
from tests.support.postgres import Urls

USER = "('u1', 'Ada', 'Engineer')"


@pytest.fixture(scope="module")
def urls(server, environment):
    """A migrated database of the users service."""
    made = server.new_service()
    done = databases.migrate(made, "users", environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture(scope="module")
def others(server, environment):
    """Another service's database on the same server, as on this machine."""
    made = server.new_service()
    assert databases.migrate(made, "billing", environment).returncode == 0
    return made


def name(url: str) -> str:
    return urlsplit(url).path[1:]


def test_the_service_reads_and_writes_rows(urls):
    rows(urls.service, f"insert into users (id, name, role) values {USER}")
    rows(urls.service, "update users set name = 'Ada Osei' where id = 'u1'")
    assert rows(urls.service, "select name from users where id = 'u1' for update") == [("Ada Osei",)]
    rows(urls.service, "delete from users where id = 'u1'")
    assert rows(urls.service, "select from users where id = 'u1'") == []


REFUSED = {
    "a table": "create table stolen (id int)",
    "a temporary table": "create temporary table stolen (id int)",
    "a view": "create view stolen as select * from users",
    "a function": "create function stolen() returns int language sql as 'select 1'",
    "a type": "create type stolen as (id int)",
    "a schema": "create schema stolen",
    "a database": "create database stolen",
    "an extension": "drop extension plpgsql",
    "a column": "alter table users add column stolen text",
    "an index": "create index stolen on users (name)",
    "a trigger": "create trigger stolen before insert on users execute function suppress_redundant_updates_trigger()",
    "the owner of a table": "alter table users owner to current_user",
    "the end of a table": "drop table users",
    "all rows at once": "truncate users",
    "the record of migrations": "insert into schema_migrations values ('99999999999999')",
    "the end of the record": "delete from schema_migrations",
    "a role": "create role stolen",
    "more rights for itself": "alter role current_user createrole",
    "the owner's password": "alter role {owner} password 'stolen'",
    "the owner's role": "set role {owner}",
    "membership in the owner's role": "grant {owner} to current_user",
    "the superuser": "set role postgres",
    "passwords": "select rolpassword from pg_authid",
    "passwords, by another way": "select passwd from pg_shadow",
    "a program": "copy users to program 'cat'",
    "a program that is read": "copy users from program 'cat /etc/passwd'",
    "a file": "copy users to '/tmp/stolen'",
    "a file that is read": "select pg_read_file('postgresql.conf')",
    "a setting of the server": "alter system set log_statement = 'all'",
    "another's statements": "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
    "the end of the database": "drop database {database}",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_the_service_gets_no_further_than_rows(urls, server, statement):
    owner = urlsplit(urls.migrations).username
    idle = asyncio.new_event_loop()
    watched = idle.run_until_complete(asyncpg.connect(server.url()))  # somebody whose statement could be ended
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            rows(urls.service, statement.format(owner=owner, database=name(urls.service)))
    finally:
        idle.run_until_complete(watched.close())
        idle.close()


def test_the_service_can_not_pass_its_rights_on(urls):
    rows(urls.service, "grant select on users to public")  # a warning, and nothing is granted
    privilege = "select has_table_privilege('pg_monitor', 'users', 'select')"
    assert rows(urls.migrations, privilege) == [(False,)]


@pytest.mark.parametrize("which", ["service", "migrations"])
def test_no_role_of_a_service_enters_another_ones_database(urls, others, which):
    parts = urlsplit(getattr(urls, which))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        rows(parts._replace(path=f"/{name(others.service)}").geturl(), "select 1")


def test_other_schemas_are_closed(urls):
    rows(urls.migrations, "create schema if not exists secret")
    rows(urls.migrations, "create table if not exists secret.things (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for schema secret"):
        rows(urls.service, "select * from secret.things")


def test_a_table_of_a_later_migration_can_be_used_at_once(urls, server, environment):
    rows(urls.migrations, "create table later (id bigint generated always as identity, old serial, note text)")
    rows(urls.service, "insert into later (note) values ('x')")
    assert rows(urls.service, "update later set note = 'y' returning id, old, note") == [(1, 1, "y")]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        rows(urls.service, "alter table later add column z int")


def test_the_migrations_own_everything_and_are_no_superuser(urls):
    owner = urlsplit(urls.migrations).username
    owners = "select distinct tableowner::text from pg_tables where schemaname = 'public'"
    assert rows(urls.migrations, owners) == [(owner,)]
    (flags,) = rows(
        urls.migrations, "select rolsuper, rolreplication, rolbypassrls from pg_roles where rolname = current_user"
    )
    assert tuple(flags) == (False, False, False)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        rows(urls.migrations, "select rolpassword from pg_authid")


def test_a_second_run_changes_nothing_and_takes_a_new_password(server, environment, others):
    parts = urlsplit(others.service)
    renewed = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":renewed@")).geturl()
    assert databases.migrate(others._replace(service=renewed), "billing", environment).returncode == 0
    assert rows(renewed, "select count(*) > 0 from invoices") == [(True,)]
    with pytest.raises(asyncpg.InvalidPasswordError):
        rows(others.service, "select 1")
    assert databases.migrate(others, "billing", environment).returncode == 0


def test_a_database_of_another_role_is_refused_with_what_to_do(server, environment):
    urls = server.new_service()
    server.execute(f"create database {name(urls.service)}")
    done = databases.migrate(urls, "users", environment)
    assert done.returncode == 1
    assert "belongs to the role postgres" in done.stdout
    assert f'alter database \\"{name(urls.service)}\\" owner to' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def settings(url: str, **more: str) -> tuple[DatabaseSettings, dict[str, str]]:
    environment = {"DATABASE_URL": url, **more}
    return DatabaseSettings.from_environment(environment), environment


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("", "SERVICE_DATABASE_URL must have the form"),
        ("postgresql://s:p@127.0.0.1:2/d?sslmode=disable", "the same host, port and database"),
        ("postgresql://s:p@127.0.0.1:1/e?sslmode=disable", "the same host, port and database"),
        ("postgresql://o:p@127.0.0.1:1/d?sslmode=disable", "must name two roles"),
        ("postgresql://s@127.0.0.1:1/d?sslmode=disable", "SERVICE_DATABASE_URL has no password"),
    ],
)
def test_urls_that_do_not_fit_together_are_refused(service, reason):
    owner, environment = settings("postgresql://o:p@127.0.0.1:1/d?sslmode=disable", SERVICE_DATABASE_URL=service)
    with pytest.raises(SettingsError, match=reason):
        ServiceRole.from_environment(environment, owner)


IDENTITY = {
    "DATABASE_AUTH": "entra",
    "AZURE_CLIENT_ID": "c",
    "AZURE_TENANT_ID": "t",
    "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token",
    "AZURE_AUTHORITY_HOST": "https://login.example/",
}


def test_an_identity_needs_the_service_s_object_id():
    urls = {"SERVICE_DATABASE_URL": "postgresql://s@127.0.0.1:1/d?sslmode=disable", **IDENTITY}
    owner, environment = settings("postgresql://o@127.0.0.1:1/d?sslmode=disable", **urls)
    with pytest.raises(SettingsError, match="SERVICE_PRINCIPAL_ID"):
        ServiceRole.from_environment(environment, owner)


def test_with_entra_people_need_a_group():
    owner, environment = settings("postgresql://o@127.0.0.1:1/d?sslmode=disable", **IDENTITY)
    with pytest.raises(SettingsError, match="PEOPLE_GROUP"):
        roles.group_of_people(environment, owner)
    assert roles.group_of_people({**environment, "PEOPLE_GROUP": "on call"}, owner) == "on call"


def test_without_entra_there_is_no_group_of_people():
    owner, environment = settings("postgresql://o:p@127.0.0.1:1/d?sslmode=disable", PEOPLE_GROUP="on call")
    assert roles.group_of_people(environment, owner) is None


class Mended(NamedTuple):
    """A migrated database that people of a group may enter."""

    urls: Urls
    group: str
    """The URL with the group's own role, as which Entra's people log in."""
    member: str
    """The URL with the role of a member."""


@pytest.fixture(scope="module")
def mended(server, environment):
    urls = server.new_service()
    group, member = "On-call people", "ada"
    server.execute(
        f"create role \"{group}\" login createdb createrole password 'p'",
        f"create role {member} login password 'p'",
        f'grant "{group}" to {member}',
    )
    plain = DatabaseSettings.from_environment({"DATABASE_URL": urls.migrations})
    role = ServiceRole(name=name(urls.service), password=urlsplit(urls.service).password, principal_id=None)
    for _ in range(2):
        roles.prepare(plain, role, plain.password or "", group=group)
    assert databases.migrate(urls, "users", environment).returncode == 0
    database = name(urls.service)
    return Mended(
        urls,
        server.url(database, role=quote(group), password="p"),
        server.url(database, role=member, password="p"),
    )


@pytest.mark.parametrize("who", ["group", "member"])
def test_people_of_the_group_enter_and_mend_rows(mended, who):
    url = getattr(mended, who)
    rows(url, f"insert into users (id, name, role) values {USER}")
    rows(url, "update users set name = 'Ada Osei' where id = 'u1'")
    assert rows(mended.urls.service, "select name from users where id = 'u1'") == [("Ada Osei",)]
    rows(url, "delete from users where id = 'u1'")
    assert rows(url, "select count(*) > 0 from schema_migrations") == [(True,)]


def test_people_mend_rows_of_a_later_migration_s_table(mended):
    rows(mended.urls.migrations, "create table later (id bigint generated always as identity, old serial)")
    assert rows(mended.member, "insert into later default values returning id, old") == [(1, 1)]


@pytest.mark.parametrize(
    "statement",
    ["create table stolen (id int)", "drop table users", "truncate users", "alter table users add z int"],
)
def test_people_do_not_change_the_schema(mended, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        rows(mended.group, statement)


def test_other_services_do_not_enter_where_people_do(mended, others):
    parts = urlsplit(others.service)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        rows(parts._replace(path=f"/{name(mended.urls.service)}").geturl(), "select 1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        rows(mended.urls.service, f"set role {name(mended.urls.service)}_people")


def test_the_group_s_role_can_be_dropped_when_another_group_takes_its_place(server):
    urls = server.new_service()
    server.execute("create role first login password 'p'", "create role second login password 'p'")
    plain = DatabaseSettings.from_environment({"DATABASE_URL": urls.migrations})
    role = ServiceRole(name=name(urls.service), password="s", principal_id=None)
    roles.prepare(plain, role, plain.password or "", group="first")
    server.execute("drop role first")
    roles.prepare(plain, role, plain.password or "", group="second")
    assert rows(server.url(name(urls.service), role="second", password="p"), "select * from schema_migrations") == []


PRINCIPALS = """
create or replace function pgaadauth_create_principal_with_oid(name text, oid text, kind text, admin bool, mfa bool)
returns text language plpgsql security definer as $$
begin
    execute format('create role %I login password %L', name, oid || kind || admin || mfa);
    return name;
end $$
"""
"""The function of Azure, with what it was given as the role's password."""


def test_with_entra_the_role_is_made_for_the_service_s_identity(server):
    server.execute(PRINCIPALS)
    urls = server.new_service()
    plain = DatabaseSettings.from_environment({"DATABASE_URL": urls.migrations})
    role = ServiceRole(name=name(urls.service), password=None, principal_id="object-id")

    for _ in range(2):
        roles.prepare(plain, role, plain.password or "")

    connected = urls.service.replace(f":{role.name}@", ":object-idservicefalsefalse@")
    assert rows(connected, "select current_user::text") == [(role.name,)]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        rows(connected, "create table stolen (id int)")


class Unwilling:
    """A server that refuses some connections before it takes one."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tries = 0

    async def connect(self) -> Any:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "connected"


def test_a_server_that_is_not_there_yet_is_waited_for(monkeypatch):
    monkeypatch.setattr(roles, "PAUSE", 0.01)
    server = Unwilling(
        ConnectionRefusedError(), asyncpg.CannotConnectNowError("starts"), asyncpg.InvalidPasswordError("?")
    )
    assert asyncio.run(roles._patiently(server.connect, entra=True)) == "connected"
    assert server.tries == 4


def test_a_wrong_password_and_a_server_that_stays_away_end_the_wait(monkeypatch):
    monkeypatch.setattr(roles, "PAUSE", 0.01)
    monkeypatch.setattr(roles, "WAIT", 0.05)
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(roles._patiently(Unwilling(asyncpg.InvalidPasswordError("?")).connect, entra=False))
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(roles._patiently(Unwilling(*[ConnectionRefusedError()] * 100).connect, entra=True))
