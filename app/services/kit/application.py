"""Makes a service's application of its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from app.services.kit import health, migrations, problems
from app.services.kit.database import Database
from app.services.kit.health import Lifecycle
from app.services.kit.logs import RequestLog
from app.services.kit.metrics import Metrics
from app.services.kit.middleware import RequestMiddleware
from app.services.kit.settings import Settings


def create(settings: Settings, router: APIRouter, *, version: str = "1.0.0") -> FastAPI:
    """The application, with `database` and `lifecycle` in its state; `settings.service` names its migrations."""
    metrics = Metrics()
    lifecycle = Lifecycle()
    database = Database(settings.database, name=settings.pod or settings.service)
    metrics.gauge("database_connections", "Connections of the pool.", lambda: database.connections)
    metrics.gauge("database_connections_idle", "Connections that wait for use.", lambda: database.idle_connections)
    current = migrations.MigrationCheck(database, migrations.versions(settings.service))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        try:
            yield
        finally:
            await database.close()

    app = FastAPI(
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
    problems.install(app)
    for routes in (router, health.router([lifecycle.check, current.check], metrics)):
        app.router.routes.extend(routes.routes)  # include_router() would wrap each in a second look-up
    log = RequestLog(service=settings.service, level=settings.log_level, pod=settings.pod, quiet=health.ROUTES)
    app.add_middleware(RequestMiddleware, log=log, metrics=metrics)
    return app
