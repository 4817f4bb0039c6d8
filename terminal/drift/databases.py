"""The databases of this machine's servers: a server is its administrator's role, and what the migrations made in it."""

from __future__ import annotations

import asyncpg

from local.machine import Machine
from local.postgres import administer
from local.state import Entry, State
from planning.wire import plain
from terminal.drift.readings import GONE, Pairs

SERVER = "azure-native:dbforpostgresql:Server"
JOB = "kubernetes:batch/v1:Job"
_ROLE = """
SELECT rolcanlogin AS "login", rolcreatedb AS "createDatabases", rolcreaterole AS "createRoles",
  (SELECT count(*) FROM pg_database WHERE datdba = pg_roles.oid) AS databases
FROM pg_roles WHERE rolname = $1
"""


def migrations(server: Entry, state: State) -> list[Entry]:
    """Returns the Jobs that have made what is in a server."""
    return [each for each in state if each.type == JOB and server.urn in each.dependencies]


def reading(server: Entry, state: State, machine: Machine) -> Pairs | None:
    """Returns what of a server's role differs, or GONE when it, or the databases in it, are not there any more."""

    async def read_role(connection: asyncpg.Connection) -> dict[str, object] | None:
        row = await connection.fetchrow(_ROLE, plain(server.outputs)["administratorLogin"])
        return dict(row) if row else None

    role = administer(machine, read_role)
    done = [each for each in migrations(server, state) if each.status == "ready"]
    if role is None or (done and not role.pop("databases")):
        return GONE
    return {path: (True, value) for path, value in role.items() if path != "databases" and value is not True}
