"""The service's routes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from app.contract.problems import NOT_FOUND, ProblemError
from app.services.kit import application
from app.services.kit.database import Database
from app.services.kit.etags import Preconditions, etag
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode, page, text
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings

UserId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
NO_CONTROLS = "^[^\\x00-\\x1f\\x7f]*$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS)]
Role = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_CONTROLS)]

SELECT = "select id, name, role, version from users where id = $1"
SELECT_PAGE = "select id, name, role from users where id > $1 order by id limit $2"
INSERT = """
insert into users (id, name, role) values ($1, $2, $3)
on conflict (id) do nothing
returning id, name, role, version
"""
UPDATE = """
update users set name = coalesce($2, name), role = coalesce($3, role), version = version + 1, updated_at = now()
where id = $1 and version = $4
returning id, name, role, version
"""
DELETE = "delete from users where id = $1 and version = coalesce($2, version) returning id"

router = Router(tags=["users"])


class User(BaseModel):
    id: str
    name: str
    role: str


class UserFields(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Name
    role: Role


class UserChanges(BaseModel):
    """A member that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"minProperties": 1})
    name: Name = ""
    role: Role = ""

    @model_validator(mode="after")
    def _something(self) -> UserChanges:
        if not self.model_fields_set:
            raise ValueError("name or role must be there")
        return self


@router.get("/users")
async def list_users(request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[User]:
    (after,) = decode(cursor, text) or ("",)
    async with _database(request).connection() as connection:
        rows = await connection.fetch(SELECT_PAGE, after, limit + 1)
    return page(rows, limit, item=_user, position=lambda row: (row["id"],))


@router.get("/users/{user_id}", response_model=User)
async def read_user(user_id: UserId, request: Request) -> Response:
    row = await _database(request).fetchrow(SELECT, user_id)
    if row is None:
        raise _not_found()
    return _answer(row)


@router.put("/users/{user_id}", response_model=User, responses={201: {"model": User}})
async def put_user(user_id: UserId, fields: UserFields, precondition: Preconditions, request: Request) -> Response:
    """Creates a user without If-Match, replaces one with it."""
    database, values = _database(request), (user_id, fields.name, fields.role)
    if precondition.version is None:
        row = await database.fetchrow(INSERT, *values)
        if row is not None:
            return _answer(row, status=201, location=f"/users/{user_id}")
    else:
        row = await database.fetchrow(UPDATE, *values, precondition.version)
        if row is not None:
            return _answer(row)
    raise precondition.problem()


@router.patch("/users/{user_id}", response_model=User)
async def patch_user(user_id: UserId, changes: UserChanges, precondition: Preconditions, request: Request) -> Response:
    database = _database(request)
    if precondition.version is not None:
        values = (user_id, changes.name or None, changes.role or None)
        row = await database.fetchrow(UPDATE, *values, precondition.version)
        if row is not None:
            return _answer(row)
    if await database.fetchrow(SELECT, user_id) is None:
        raise _not_found()
    raise precondition.problem()


@router.delete("/users/{user_id}", status_code=204)
async def delete_user(user_id: UserId, precondition: Preconditions, request: Request) -> Response:
    database = _database(request)
    if await database.fetchrow(DELETE, user_id, precondition.version) is not None:
        return Response(status_code=204)
    if await database.fetchrow(SELECT, user_id) is None:
        raise _not_found()
    raise precondition.problem()


def create(settings: Settings) -> FastAPI:
    return application.create(settings, router)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _user(row: Any) -> User:
    return User(id=row["id"], name=row["name"], role=row["role"])


def _answer(row: Any, *, status: int = 200, **headers: str) -> Response:
    return answer(_user(row), status=status, headers={"etag": etag(row["version"]), **headers})


def _not_found() -> ProblemError:
    return ProblemError(NOT_FOUND, "There is no user with this id.")
