"""pulumi-azure-native on this machine: names and identities in memory, PostgreSQL Flexible Server for real.

What has no counterpart on one machine (networks, role assignments, the cluster's nodes) is kept in the state with the
outputs that the program reads, and nothing more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from local.errors import ProviderError
from local.machine import Machine
from local.postgres import administer
from local.provider import Handler, Made, Package, Properties, Recorded, Updatable
from planning.makers.azure import FUNCTIONS, MAKERS, SUBSCRIPTION

T = TypeVar("T")


class _OnPostgres(Handler):
    """A type that is part of this machine's PostgreSQL."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def _administer(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        return administer(self._machine, work)

    def _has(self, query: str, name: str) -> bool:
        """Returns whether a query with one parameter finds a row."""
        return self._administer(lambda connection: connection.fetchval(query, name)) is not None


class Server(_OnPostgres, Updatable):
    """azure-native:dbforpostgresql:Server: a login role of its own on this machine's PostgreSQL."""

    def create(self, name: str, inputs: Properties) -> Made:
        server = inputs.get("serverName") or name
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{inputs.get('resourceGroupName')}"
        return Made(
            id=f"{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{server}",
            outputs=self._set_role(server, inputs),
        )

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return self._set_role(outputs["name"], new)

    def delete(self, id_: str, outputs: Properties) -> None:
        role = outputs["administratorLogin"]

        async def work(connection: asyncpg.Connection) -> None:
            owned = "SELECT datname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE rolname = $1"
            for record in await connection.fetch(owned, role):
                await connection.execute(f"DROP DATABASE {_quoted(record[0])} WITH (FORCE)")
            await connection.execute(f"DROP ROLE IF EXISTS {_quoted(role)}")

        self._administer(work)

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._has("SELECT true FROM pg_roles WHERE rolname = $1", outputs["administratorLogin"])

    def _set_role(self, server: str, inputs: Properties) -> Properties:
        role, password = inputs["administratorLogin"], inputs["administratorLoginPassword"]

        async def work(connection: asyncpg.Connection) -> None:
            exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if exists else "CREATE"
            literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
            await connection.execute(f"{verb} ROLE {_quoted(role)} LOGIN PASSWORD {literal}")
            comment = await connection.fetchval("SELECT quote_literal($1::text)", server)
            await connection.execute(f"COMMENT ON ROLE {_quoted(role)} IS {comment}")

        self._administer(work)
        return {"name": server, "fullyQualifiedDomainName": "localhost"}


class Database(_OnPostgres):
    """azure-native:dbforpostgresql:Database. Its server's role owns it, as the server's administrator does on Azure."""

    def create(self, name: str, inputs: Properties) -> Made:
        database = inputs.get("databaseName") or name

        async def work(connection: asyncpg.Connection) -> None:
            query = "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = $1"
            role = await connection.fetchval(query, inputs["serverName"])
            if role is None:
                raise ProviderError(f"Database {name!r}: there is no server {inputs['serverName']!r}.")
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
                await connection.execute(f"CREATE DATABASE {_quoted(database)} OWNER {_quoted(role)}")
            await connection.execute(f"REVOKE CONNECT ON DATABASE {_quoted(database)} FROM PUBLIC")

        self._administer(work)
        return Made(id=f"{inputs['serverName']}/databases/{database}", outputs={"name": database})

    def delete(self, id_: str, outputs: Properties) -> None:
        statement = f"DROP DATABASE IF EXISTS {_quoted(outputs['name'])} WITH (FORCE)"
        self._administer(lambda connection: connection.execute(statement))

    def exists(self, id_: str, outputs: Properties) -> bool:
        return self._has("SELECT true FROM pg_database WHERE datname = $1", outputs["name"])


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def package(machine: Machine) -> Package:
    return Package(
        handlers={
            **{type_: Recorded(make) for type_, make in MAKERS.items()},
            "azure-native:dbforpostgresql:Server": Server(machine),
            "azure-native:dbforpostgresql:Database": Database(machine),
        },
        functions=FUNCTIONS,
    )
