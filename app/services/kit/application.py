"""Makes a service's application of its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from app.contract import certificates
from app.services.kit import health, migrations
from app.services.kit.database import Database
from app.services.kit.health import Lifecycle
from app.services.kit.logs import RequestLog
from app.services.kit.metrics import Metrics
from app.services.kit.middleware import RequestMiddleware
from app.services.kit.settings import Settings

if TYPE_CHECKING:
    from app.services.kit.spans import Spans


class _Application(FastAPI):
    """Has one middleware, which answers errors too, in the place of FastAPI's five layers."""

    def __init__(self, middleware: Callable[[ASGIApp], ASGIApp], **options: Any) -> None:
        super().__init__(**options)
        self._middleware = middleware

    def build_middleware_stack(self) -> ASGIApp:
        return self._middleware(self.router)


def create(settings: Settings, router: APIRouter, *, version: str = "1.0.0") -> FastAPI:
    """The application, with `database` and `lifecycle` in its state; `settings.service` names its migrations."""
    metrics = Metrics()
    lifecycle = Lifecycle()
    database = Database(settings.database, name=settings.pod or settings.service)
    metrics.gauge("database_connections", "Connections of the pool.", lambda: database.connections)
    metrics.gauge("database_connections_idle", "Connections that wait for use.", lambda: database.idle_connections)
    end = certificates.end(settings.certificate.read_text())  # not of a later one: the server reads it once
    metrics.gauge("tls_certificate_not_after_seconds", "When the server's certificate ends, Unix time.", lambda: end)
    spans = _spans(settings, version)
    current = migrations.MigrationCheck(database, migrations.versions(settings.service))

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
    )
    app.state.database = database
    app.state.lifecycle = lifecycle
    probes = health.router(settings.service, [lifecycle.check, current.check], metrics)
    # The service's own come first: a request is matched to one after the other. include_router() would wrap each in a
    # second look-up.
    app.router.routes[:] = [*router.routes, *probes.routes, *app.router.routes]
    return app


def _spans(settings: Settings, version: str) -> Spans | None:
    if settings.telemetry is None:
        return None
    from app.services.kit.spans import Spans  # noqa: PLC0415 - the SDK takes memory and start-up time

    return Spans(settings.telemetry, settings, version=version)
