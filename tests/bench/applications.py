"""The applications whose throughput is compared, by name. Each is made from a pod's settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.exceptions import HTTPException

from app.services.kit import application, problems
from app.services.kit.dependencies import ServiceDatabase
from app.services.kit.health import Lifecycle
from app.services.kit.logs import RequestLog
from app.services.kit.metrics import Metrics
from app.services.kit.middleware import RequestMiddleware
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings
from app.services.users import api as users
from tests.support.ways import by_framework

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


async def read_by_dependency(user_id: UserId, database: ServiceDatabase) -> Response:
    return await read(user_id)


def _declare(router: APIRouter) -> None:
    """Declares the routes in the manner of the services: the route makes the answer, the model describes it."""
    router.get("/users/{user_id}", response_model=User)(read)
    router.post("/users", response_model=Draft, status_code=201)(create)


OFF = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own telemetry, switched off."""
ROW = {"id": "123", "name": "Mark Wells", "role": "Engineer", "version": 1}


class _Memory:
    """A database whose one row is in memory."""

    async def fetchrow(self, *_: object) -> dict[str, Any]:
        return ROW


def full(settings: Settings) -> FastAPI:
    """Returns an application that is made as a service is."""
    router = Router()
    _declare(router)
    return application.create(settings, router)


def full_in_layers(settings: Settings) -> FastAPI:
    """Returns the same by the framework's hooks alone: `add_middleware`, `add_exception_handler` and its own layers."""
    from app.services.kit.spans import Spans

    app = FastAPI(docs_url=None, redoc_url=None, telemetry=OFF)  # type: ignore[arg-type]
    _declare(app.router)
    app.add_middleware(
        RequestMiddleware,
        log=RequestLog(service=settings.service, level=settings.log_level, pod=settings.pod),
        metrics=Metrics(),
        spans=Spans(settings.telemetry, settings, version="1.0.0") if settings.telemetry else None,
    )

    async def handle(_: Request, error: Exception) -> Response:
        answer_to_error = problems.answer_to(error, started=False)
        assert answer_to_error is not None
        return answer_to_error

    for kind in (RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
    app.state.lifecycle = Lifecycle()
    return app


def full_included(settings: Settings) -> FastAPI:
    """Returns the same with the routes by `include_router`."""
    router, included = Router(), Router()
    _declare(included)
    router.include_router(included)
    return application.create(settings, router)


def full_by_framework(settings: Settings) -> FastAPI:
    """Returns the same, but all requests go through FastAPI's router and its solver of dependencies."""
    with by_framework():
        return full(settings)


def full_with_dependency(settings: Settings) -> FastAPI:
    """Returns the same, but the look-up gets the database by a dependency, which it does not use."""
    router = Router()
    router.get("/users/{user_id}", response_model=User)(read_by_dependency)
    return application.create(settings, router)


def bare(_: Settings) -> FastAPI:
    """Returns an application with the same routes and nothing else."""
    return _bare(FastAPI(docs_url=None, redoc_url=None))


def bare_without_telemetry(_: Settings) -> FastAPI:
    """Returns the same without FastAPI's own telemetry, which looks at every request unless it is off."""
    return _bare(FastAPI(docs_url=None, redoc_url=None, telemetry=OFF))  # type: ignore[arg-type]


def usual(_: Settings) -> FastAPI:
    """Returns an application with the same routes and the packages that a team would pick instead of the kit."""
    from tests.bench import usual_stack  # only the process that measures it pays for the packages

    app = _bare(FastAPI(docs_url=None, redoc_url=None, telemetry=OFF))  # type: ignore[arg-type]
    usual_stack.equip(app)
    return app


def users_without_database(settings: Settings) -> FastAPI:
    """Returns the users service with its row in memory."""
    app = users.create(settings)
    app.state.database = _Memory()
    return app


def _bare(app: FastAPI) -> FastAPI:
    _declare(app.router)
    app.state.lifecycle = Lifecycle()  # the server's, see `app.services.kit.server`
    return app


APPLICATIONS: dict[str, Callable[[Settings], FastAPI]] = {
    "full": full,
    "full-in-layers": full_in_layers,
    "full-included": full_included,
    "full-by-framework": full_by_framework,
    "full-with-dependency": full_with_dependency,
    "bare": bare,
    "bare-without-telemetry": bare_without_telemetry,
    "usual": usual,
    "users": users.create,
    "users-without-database": users_without_database,
}
