"""The routes of the users service."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Response

from app.contract.problems import NOT_FOUND, ProblemError
from app.services.kit import application
from app.services.kit.callers import ServiceCaller
from app.services.kit.dependencies import ServiceDatabase
from app.services.kit.etags import Preconditions, etag
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode, text
from app.services.kit.pagination import page as page_of
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings
from app.services.users import store
from app.services.users.models import User, UserChanges, UserFields

UserId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]

router = Router(tags=["users"])


@router.get("/users")
async def list_users(
    caller: ServiceCaller, database: ServiceDatabase, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[User]:
    """Lists the users in the order of their ids."""
    caller.require_any()
    (after,) = decode(cursor, text) or ("",)
    rows = await store.page(database, after, limit + 1)
    return page_of(rows, limit, item=store.user, position=lambda row: (row["id"],))


@router.get("/users/{user_id}", response_model=User)
async def read_user(user_id: UserId, caller: ServiceCaller, database: ServiceDatabase) -> Response:
    """Reads a user."""
    caller.require(user_id)
    stored = await store.read(database, user_id)
    if stored is None:
        raise _not_found()
    return _answer(stored)


@router.put("/users/{user_id}", response_model=User, responses={201: {"model": User}})
async def put_user(
    user_id: UserId,
    fields: UserFields,
    precondition: Preconditions,
    caller: ServiceCaller,
    database: ServiceDatabase,
) -> Response:
    """Creates a user without If-Match, replaces one with it."""
    caller.require(user_id)
    if precondition.version is None:
        stored = await store.create(database, user_id, fields)
        if stored is not None:
            return _answer(stored, status=201, location=f"/users/{user_id}")
    elif not precondition.new:
        stored = await store.change(database, user_id, fields, precondition.version)
        if stored is not None:
            return _answer(stored)
    raise precondition.problem()


@router.patch("/users/{user_id}", response_model=User)
async def patch_user(
    user_id: UserId,
    changes: UserChanges,
    precondition: Preconditions,
    caller: ServiceCaller,
    database: ServiceDatabase,
) -> Response:
    """Changes the fields of a user that are given."""
    caller.require(user_id)
    if precondition.version is not None and not precondition.new:
        stored = await store.change(database, user_id, changes, precondition.version)
        if stored is not None:
            return _answer(stored)
    if await store.read(database, user_id) is None:
        raise _not_found()
    raise precondition.problem()


@router.delete("/users/{user_id}", status_code=204)
async def delete_user(
    user_id: UserId, precondition: Preconditions, caller: ServiceCaller, database: ServiceDatabase
) -> Response:
    """Deletes a user."""
    caller.require(user_id)
    if not precondition.new and await store.delete(database, user_id, precondition.version):
        return Response(status_code=204)
    if await store.read(database, user_id) is None:
        raise _not_found()
    raise precondition.problem()


def create(settings: Settings) -> FastAPI:
    """Returns the service's application."""
    return application.create(settings, router)


def _answer(stored: store.Stored, *, status: int = 200, **headers: str) -> Response:
    return answer(stored.user, status=status, headers={"etag": etag(stored.version), **headers})


def _not_found() -> ProblemError:
    return ProblemError(NOT_FOUND, "There is no user with this id.")
