"""The applications whose throughput is compared, by name. All are made of a pod's settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.services.kit import application
from app.services.kit.health import Lifecycle
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings
from app.services.users import api as users

UserId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[^\\x00-\\x1f]*$")]


class User(BaseModel):
    id: str
    name: str
    role: str


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Text
    role: Text
    age: int = Field(ge=0, le=150)
    tags: list[Text] = Field(max_length=10)


async def read(user_id: UserId) -> Response:
    return answer(User(id=user_id, name="Mark Wells", role="Engineer"))


async def create(draft: Draft) -> Response:
    return answer(draft, status=201)


def _declare(router: APIRouter) -> None:
    """In the manner of the services: the answer is made by the route, the model describes it."""
    router.get("/users/{user_id}", response_model=User)(read)
    router.post("/users", response_model=Draft, status_code=201)(create)


ROW = {"id": "123", "name": "Mark Wells", "role": "Engineer", "version": 1}


class _Memory:
    """In the place of a database: has its one row at hand."""

    async def fetchrow(self, *_: object) -> dict[str, Any]:
        return ROW


def full(settings: Settings) -> FastAPI:
    """As a service is made."""
    router = Router()
    _declare(router)
    return application.create(settings, router)


def bare(_: Settings) -> FastAPI:
    """The same routes with nothing on."""
    return _bare(FastAPI(docs_url=None, redoc_url=None))


def bare_without_telemetry(_: Settings) -> FastAPI:
    """FastAPI asks at every request whether its own telemetry has a use, unless that is off."""
    off = {"tracing": False, "metrics": False, "logs": False}
    return _bare(FastAPI(docs_url=None, redoc_url=None, telemetry=off))  # type: ignore[arg-type]


def users_without_database(settings: Settings) -> FastAPI:
    app = users.create(settings)
    app.state.database = _Memory()
    return app


def _bare(app: FastAPI) -> FastAPI:
    _declare(app.router)
    app.state.lifecycle = Lifecycle()  # the server's, see `app.services.kit.server`
    return app


APPLICATIONS: dict[str, Callable[[Settings], FastAPI]] = {
    "full": full,
    "bare": bare,
    "bare-without-telemetry": bare_without_telemetry,
    "users": users.create,
    "users-without-database": users_without_database,
}
