"""pulumi-azure-native on this machine: names and identities in memory, PostgreSQL Flexible Server for real.

What has no counterpart on one machine (networks, role assignments, the cluster's nodes) is kept in the state with the
outputs that the program reads, and nothing more.
"""

from __future__ import annotations

import asyncpg

from local.machine import Machine
from local.postgres import administer
from local.provider import Made, Package, Properties, Recorded, Updatable
from planning.makers.azure import FUNCTIONS, MAKERS, SUBSCRIPTION


class Server(Updatable):
    """azure-native:dbforpostgresql:Server: its administrator, as a role on this machine's PostgreSQL.

    The role may make databases and roles and is no superuser, as on Azure. What it makes is the server's.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

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
        administrator = outputs["administratorLogin"]

        async def work(connection: asyncpg.Connection) -> None:
            for query in _REMOVALS:
                for record in await connection.fetch(query, administrator):
                    await connection.execute(record[0])

        administer(self._machine, work)

    def exists(self, id_: str, outputs: Properties) -> bool:
        query, role = "SELECT true FROM pg_roles WHERE rolname = $1", outputs["administratorLogin"]
        return administer(self._machine, lambda connection: connection.fetchval(query, role)) is True

    def _set_role(self, server: str, inputs: Properties) -> Properties:
        role, password = inputs["administratorLogin"], inputs["administratorLoginPassword"]

        async def work(connection: asyncpg.Connection) -> None:
            exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if exists else "CREATE"
            statement = f"SELECT format('{verb} ROLE %I LOGIN CREATEDB CREATEROLE PASSWORD %L', $1::text, $2::text)"
            await connection.execute(await connection.fetchval(statement, role, password))

        administer(self._machine, work)
        return {"name": server, "fullyQualifiedDomainName": "localhost"}


_REMOVALS = (
    "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE pg_get_userbyid(datdba) = $1",
    (
        "SELECT format('DROP ROLE %I', pg_get_userbyid(roleid)) FROM pg_auth_members "
        "WHERE admin_option AND pg_get_userbyid(member) = $1"
    ),
    "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname = $1",
)
"""Queries for the statements that remove a role's databases, the roles that it has made, and itself. It administers
those that it has made (https://www.postgresql.org/docs/current/role-attributes.html)."""


def package(machine: Machine) -> Package:
    return Package(
        handlers={
            **{type_: Recorded(make) for type_, make in MAKERS.items()},
            "azure-native:dbforpostgresql:Server": Server(machine),
        },
        functions=FUNCTIONS,
    )
