"""The users in the database. Each function is one statement, so that it needs no transaction."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.services.kit.database import Database
from app.services.users.models import User, UserChanges, UserFields

SELECT = "select id, name, role, version from users where id = $1"
SELECT_PAGE = "select id, name, role from users where id > $1 order by id limit $2"
INSERT = """
insert into users (id, name, role) values ($1, $2, $3)
on conflict (id) do nothing
returning id, name, role, version
"""
UPDATE = """
update users set name = coalesce($2, name), role = coalesce($3, role), version = default, updated_at = now()
where id = $1 and version = $4
returning id, name, role, version
"""
DELETE = "delete from users where id = $1 and version = coalesce($2, version) returning id"


class Stored(NamedTuple):
    """A user with the version of its row."""

    user: User
    version: int


async def read(database: Database, user_id: str) -> Stored | None:
    """Returns the user, None when there is none with this id."""
    return _stored(await database.fetchrow(SELECT, user_id))


async def page(database: Database, after: str, count: int) -> list[Any]:
    """Returns at most `count` rows for `user`, in the order of their ids, behind the id `after`."""
    async with database.connection() as connection:
        rows: list[Any] = await connection.fetch(SELECT_PAGE, after, count)
    return rows


async def create(database: Database, user_id: str, fields: UserFields) -> Stored | None:
    """Inserts a user and returns it, None when there is one with this id."""
    return _stored(await database.fetchrow(INSERT, user_id, fields.name, fields.role))


async def change(database: Database, user_id: str, fields: UserFields | UserChanges, version: int) -> Stored | None:
    """Changes a user and returns it, None when there is none with this id and version. Empty fields stay."""
    row = await database.fetchrow(UPDATE, user_id, fields.name or None, fields.role or None, version)
    return _stored(row)


async def delete(database: Database, user_id: str, version: int | None) -> bool:
    """Deletes the user of this version, or of any version for None; False when there is none."""
    return await database.fetchrow(DELETE, user_id, version) is not None


def user(row: Any) -> User:
    """Returns the user that a row holds."""
    return User(id=row["id"], name=row["name"], role=row["role"])


def _stored(row: Any | None) -> Stored | None:
    return Stored(user(row), row["version"]) if row is not None else None
