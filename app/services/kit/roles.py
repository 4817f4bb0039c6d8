"""The roles of a service's database: the migrations own the schema, the service and people read and write rows alone.

What the migrations' role prepares before it migrates, and prepares again at each run without effect:

    role of the service       made, able to log in, a member of nothing
    role of people            made, unable to log in; the Entra group of people is its member (with Entra only)
    database                  made, so that this role owns it; nobody may connect but it, the service and people
    schema `public`           used by the service and by people, who may make nothing in it
    tables and sequences      those there are and those of later migrations: their rows, not their definition
    `schema_migrations`       read only for the service, whose readiness looks at it

None of these roles is a superuser. Why the database is not made by Azure:
docs/decisions/0017-the-migrations-own-the-database.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg

from app.services.kit.database import tls_context
from app.services.kit.settings import DatabaseSettings, SettingsError
from app.services.kit.transient import passes

MAINTENANCE = "postgres"
"""The database that every server has. Roles and databases are made from it."""
WAIT = 60.0
"""Seconds for which a server that does not answer yet, or that does not know the identity yet, is tried again."""
PAUSE = 1.0
"""Seconds between two tries."""
STATEMENT = 30.0
"""Seconds that a statement may take, waiting for another run's included."""
PEOPLE = "_people"
"""The suffix that follows the database's name in the name of the role with the rights of people."""
LOCK = 0x63726F7373
"""The advisory lock in MAINTENANCE under which one run at a time prepares."""

_log = logging.getLogger(__name__)


class OwnershipError(Exception):
    """The database belongs to another role, so that its tables can't be migrated. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class ServiceRole:
    """The role with which the service connects."""

    name: str
    """The role's name."""
    password: str | None = field(repr=False)
    """Its password; None for a role that logs in with tokens of Entra."""
    principal_id: str | None
    """The object id of the service's identity in Entra; None for a role with a password."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], owner: DatabaseSettings) -> ServiceRole:
        """Reads SERVICE_DATABASE_URL, by which the service connects, and SERVICE_PRINCIPAL_ID. Raises SettingsError."""
        service = DatabaseSettings.from_environment(
            {**environment, "DATABASE_URL": environment.get("SERVICE_DATABASE_URL", "")}, name="SERVICE_DATABASE_URL"
        )
        problems = []
        if (service.host, service.port, service.database) != (owner.host, owner.port, owner.database):
            problems.append("SERVICE_DATABASE_URL and DATABASE_URL must name the same host, port and database")
        if service.user == owner.user:
            problems.append("SERVICE_DATABASE_URL and DATABASE_URL must name two roles: the service's may own nothing")
        principal_id = environment.get("SERVICE_PRINCIPAL_ID") or None
        if owner.entra is not None and principal_id is None:
            problems.append("DATABASE_AUTH=entra needs SERVICE_PRINCIPAL_ID, the object id of the service's identity")
        if problems:
            raise SettingsError(problems)
        return cls(name=service.user, password=service.password, principal_id=principal_id if owner.entra else None)


def group_of_people(environment: Mapping[str, str], owner: DatabaseSettings) -> str | None:
    """Reads PEOPLE_GROUP, the role of the Entra group whose members mend rows. Without Entra there is none: None.

    Raises SettingsError.
    """
    if owner.entra is None:
        return None
    group = environment.get("PEOPLE_GROUP")
    if not group:
        raise SettingsError(
            ["DATABASE_AUTH=entra needs PEOPLE_GROUP, the name of the Entra group whose members enter the database"]
        )
    return group


def prepare(owner: DatabaseSettings, role: ServiceRole, secret: str, *, group: str | None = None) -> None:
    """Makes the service's role and database, and grants what it and people need. Everything may be there already.

    `group` is the role of the Entra group whose members read and mend rows; with None there is no such group. `secret`
    is the password of the migrations' role, or a token in its place. Raises OwnershipError, and the errors of
    asyncpg and the network.
    """
    asyncio.run(_prepare(owner, role, secret, group))


async def _prepare(owner: DatabaseSettings, role: ServiceRole, secret: str, group: str | None) -> None:
    connect = partial(
        asyncpg.connect,
        host=owner.host,
        port=owner.port,
        user=owner.user,
        password=secret,
        ssl=tls_context(owner) if owner.tls else False,
        timeout=10,
        command_timeout=STATEMENT,
        server_settings={"application_name": "migrations"},
    )
    server = await _patiently(partial(connect, database=MAINTENANCE), entra=owner.entra is not None)
    try:
        await server.execute("select pg_advisory_lock($1)", LOCK)
        await _make_role(server, role)
        await _make_database(server, owner)
        names = [role.name]
        if group is not None:
            names.append(await _make_people(server, owner, group))
        for name in names:
            await server.execute(f"grant connect on database {quoted(owner.database)} to {quoted(name)}")
        database = await connect(database=owner.database)
        try:
            async with database.transaction():
                await _grant(database, names)
                await database.execute(f"revoke insert, update, delete on schema_migrations from {quoted(role.name)}")
        finally:
            await database.close()
    finally:
        await server.close()  # which gives the lock back


async def _patiently(connect: Callable[[], Awaitable[Any]], *, entra: bool) -> Any:
    """Connects, again and again within WAIT while that may help.

    An identity of Entra that has just become administrator can be unknown for a while.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + WAIT
    while True:
        try:
            return await connect()
        except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            unknown = entra and isinstance(error, asyncpg.InvalidAuthorizationSpecificationError)
            if not (passes(error) or unknown) or loop.time() + PAUSE > end:
                raise
            _log.warning("The database server can't be used yet: %s: %s", type(error).__name__, error)
        await asyncio.sleep(PAUSE)


async def _make_role(server: Any, role: ServiceRole) -> None:
    exists = await server.fetchval("select true from pg_roles where rolname = $1", role.name)
    if role.principal_id is not None:
        if not exists:
            # https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-manage-azure-ad-users
            await server.execute(
                "select pgaadauth_create_principal_with_oid($1, $2, 'service', false, false)",
                role.name,
                role.principal_id,
            )
        return
    password = await server.fetchval("select quote_literal($1::text)", role.password)
    await server.execute(f"{'alter' if exists else 'create'} role {quoted(role.name)} login password {password}")


async def _make_people(server: Any, owner: DatabaseSettings, group: str) -> str:
    """Makes the group a member of the role that has the rights of people, and returns that role's name.

    A role with rights of its own can't be dropped, a member can: Azure drops the group's role when the stack's file
    names another group.
    """
    name = f"{owner.database}{PEOPLE}"
    if not await server.fetchval("select true from pg_roles where rolname = $1", name):
        await server.execute(f"create role {quoted(name)} nologin")
    await server.execute(f"grant {quoted(name)} to {quoted(group)}")
    return name


async def _make_database(server: Any, owner: DatabaseSettings) -> None:
    name = quoted(owner.database)
    held_by = await server.fetchval("select datdba::regrole::text from pg_database where datname = $1", owner.database)
    if held_by is None:
        await server.execute(f"create database {name}")
    elif held_by != await server.fetchval("select current_user::regrole::text"):
        raise OwnershipError(
            f"The database {owner.database} belongs to the role {held_by}, and the migrations run as {owner.user}, "
            f"which must own it. Log in as {held_by}, and in that database run: "
            f"alter database {name} owner to {quoted(owner.user)}; reassign owned by {held_by} to {quoted(owner.user)}."
        )
    await server.execute(f"revoke all on database {name} from public")


async def _grant(database: Any, names: Sequence[str]) -> None:
    """Grants each of the roles the rows of every table in `public`, and nothing else."""
    roles = ", ".join(map(quoted, names))
    for statement in (
        "revoke all on schema public from public",
        f"grant usage on schema public to {roles}",
        # Those of later migrations, by whoever runs this: the role that makes them.
        f"alter default privileges in schema public grant select, insert, update, delete on tables to {roles}",
        f"alter default privileges in schema public grant usage, select on sequences to {roles}",
        # As dbmate makes it: it is there before the first migration, and so are its privileges.
        "create table if not exists schema_migrations (version varchar primary key)",
        f"grant select, insert, update, delete on all tables in schema public to {roles}",
        f"grant usage, select on all sequences in schema public to {roles}",
    ):
        await database.execute(statement)


def quoted(identifier: str) -> str:
    """Returns the identifier in quotes, so that any name can stand in a statement."""
    return '"' + identifier.replace('"', '""') + '"'
