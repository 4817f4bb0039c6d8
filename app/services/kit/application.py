"""Makes a service's application from its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract import certificates
from app.services.kit import health, migrations
from app.services.kit.database import Database
from app.services.kit.health import Lifecycle
from app.services.kit.logs import RequestLog
from app.services.kit.metrics import Metrics
from app.services.kit.middleware import RequestMiddleware
from app.services.kit.settings import Settings
from app.services.kit.table import Table

if TYPE_CHECKING:
    from app.services.kit.spans import Spans


class _Application(FastAPI):
    """A FastAPI application that is called through one middleware instead of through FastAPI's own layers.

    The middleware does what these layers would do, and answers errors too; what `add_middleware` and
    `add_exception_handler` are given is not used. Why, and what it saves, is in
    docs/decisions/0016-where-services-leave-fastapis-way.md.
    """

    def __init__(self, middleware: Callable[[ASGIApp], ASGIApp], **options: Any) -> None:
        super().__init__(**options)
        by_framework = AsyncExitStackMiddleware(self.router)  # FastAPI's handlers expect its exit stack
        self._handle = middleware(Table(self.routes, by_framework))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._handle(scope, receive, send)


def create(settings: Settings, router: APIRouter, *, version: str = "1.0.0") -> FastAPI:
    """Returns the application of a service with the router's routes, the kit's probes and metrics.

    Its state holds the `database` (see `kit/dependencies.py`) and the `lifecycle` (see `kit/server.py`).
    `settings.service` is the name of the folder that has the service's migrations.
    """
    metrics = Metrics()
    lifecycle = Lifecycle()
    database = Database(settings.database, name=settings.pod or settings.service)
    metrics.gauge("database_connections", "Connections of the pool.", lambda: database.connections)
    metrics.gauge("database_connections_idle", "Connections that wait for use.", lambda: database.idle_connections)
    # The certificate that the server reads now: it does not read the file again when it is renewed.
    end = certificates.end(settings.certificate.read_text())
    metrics.gauge("tls_certificate_not_after_seconds", "When the server's certificate ends, Unix time.", lambda: end)
    spans = _spans(settings, version)
    migrated = migrations.MigrationCheck(database.readiness, migrations.versions(settings.service))
    probes = health.router(settings.service, [lifecycle.check, migrated.check], metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await database.close()
            if spans is not None:
                await spans.close()

    log = RequestLog(service=settings.service, level=settings.log_level, pod=settings.pod, quiet=health.ROUTES)
    app = _Application(
        partial(RequestMiddleware, log=log, metrics=metrics, spans=spans),
        title=settings.service,
        version=version,
        docs_url=None,  # its page loads scripts from a public network
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=lifespan,
        # A request is compared with one route after the other: the service's own come first. They are given here
        # because `include_router` would look each of them up a second time at every request.
        routes=[*router.routes, *probes.routes],
    )
    app.state.database = database
    app.state.lifecycle = lifecycle
    return app


def _spans(settings: Settings, version: str) -> Spans | None:
    if settings.telemetry is None:
        return None
    from app.services.kit.spans import Spans  # noqa: PLC0415 - the SDK takes memory and start-up time

    return Spans(settings.telemetry, settings, version=version)
