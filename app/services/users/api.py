"""The service's routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Request
from pydantic import BaseModel

from app.contract.problems import NOT_FOUND, ProblemError
from app.services.kit import application
from app.services.kit.database import Database
from app.services.kit.routing import Router
from app.services.kit.settings import Settings

UserId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]

router = Router(tags=["users"])


class User(BaseModel):
    id: str
    name: str
    role: str


@router.get("/users/{user_id}")
async def read_user(user_id: UserId, request: Request) -> User:
    database: Database = request.app.state.database
    row = await database.fetchrow("select id, name, role from users where id = $1", user_id)
    if row is None:
        raise ProblemError(NOT_FOUND, "There is no user with this id.")
    return User(id=row["id"], name=row["name"], role=row["role"])


def create(settings: Settings) -> FastAPI:
    return application.create(settings, router)
