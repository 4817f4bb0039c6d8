"""The common traits of all services, whichever there are."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.services.kit import application
from app.services.kit.routing import Router
from app.services.kit.settings import Settings
from tests.support.asgi import client
from tests.support.service import ROOT

FOLDER = ROOT / "app/services"
SERVICES = sorted(path.parent.name for path in FOLDER.glob("*/__main__.py"))


class Parsed:
    """A dependency whose constructor FastAPI calls in a thread."""

    def __init__(self, q: str = "") -> None:
        self.q = q


def inner() -> int:
    return 1


async def outer(value: Annotated[int, Depends(inner)]) -> int:
    return value


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def in_a_thread(routes: list[Any]) -> list[str]:
    """Returns the names of the routes' handlers and dependencies that FastAPI would run in a thread."""
    calls = (call for route in routes if isinstance(route, APIRoute) for call in _calls(route.dependant))
    return [f"{call.__module__}.{call.__qualname__}" for call in calls if not _is_asynchronous(call)]


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for dependency in dependant.dependencies:
        yield from _calls(dependency)


def _is_asynchronous(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)


def test_nothing_of_a_request_runs_in_a_thread(service: str, environment: dict[str, str]) -> None:
    create = importlib.import_module(f"app.services.{service}.api").create
    app = create(Settings.from_environment(environment | {"SERVICE_NAME": service}))
    assert len([route for route in app.routes if isinstance(route, APIRoute)]) > 4
    assert in_a_thread(app.routes) == []


PROBES = ("/livez", "/readyz", "/metrics", "/health/")


def test_no_route_answers_a_request_without_a_caller(service: str, environment: dict[str, str]) -> None:
    """Its database is away: a route that asked it before the caller would answer 503."""
    create = importlib.import_module(f"app.services.{service}.api").create
    headers = {"content-type": "application/json"}
    with client(create(Settings.from_environment(environment | {"SERVICE_NAME": service}))) as call:
        routes = [route for route in call.app.routes if isinstance(route, APIRoute)]
        own = [route for route in routes if not route.path.startswith(PROBES)]
        assert own
        for route in own:
            path = re.sub(r"{\w+}", "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10", route.path)
            for method in route.methods:
                body = b"{}" if route.body_field is not None else None
                reply = call(method, path, headers=headers, body=body, principal=None)
                assert reply.status == 401, (method, path, reply)


def test_synchronous_handlers_and_dependencies_would_be_found(settings: Settings) -> None:
    router = Router()

    @router.get("/handler")
    def handler() -> None: ...

    @router.get("/class")
    async def with_class(parsed: Annotated[Parsed, Depends()]) -> None: ...

    @router.get("/nested")
    async def with_nested(value: Annotated[int, Depends(outer)]) -> None: ...

    names = {name.rpartition(".")[2] for name in in_a_thread(application.create(settings, router).routes)}
    assert names == {"handler", "Parsed", "inner"}


def test_every_service_has_the_same_files(service: str) -> None:
    names = {path.name for path in (FOLDER / service).iterdir()}
    assert {"__init__.py", "__main__.py", "api.py", "models.py", "store.py", "migrations"} <= names


def test_no_service_is_named_outside_of_its_folder() -> None:
    """A new one needs no change of the kit, the Dockerfile or the locked requirements."""
    shared = [path for path in [*FOLDER.iterdir(), *(FOLDER / "kit").iterdir()] if path.is_file()]
    assert Path(FOLDER / "Dockerfile") in shared
    code = {path: _without_comments(path) for path in shared}
    assert not [(path.name, name) for path, text in code.items() for name in SERVICES if f"services.{name}" in text]


def _without_comments(path: Path) -> str:
    return "\n".join(line.partition("#")[0] for line in path.read_text().splitlines())
