"""The routes that the platform calls: whether the process is alive, whether it may get requests, its metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit.metrics import MEDIA_TYPE, Metrics

ROUTES = frozenset({"/livez", "/readyz", "/metrics"})
"""The routes that are called every few seconds, and so are not logged one by one."""

Check = Callable[[], Awaitable[str | None]]
"""Returns what is not ready, None when everything is."""


class Lifecycle:
    """The state of the process: `draining` is set when it has been told to end."""

    def __init__(self) -> None:
        self.draining = False

    async def check(self) -> str | None:
        """Answers as a `Check`."""
        return "the process is shutting down" if self.draining else None


def router(service: str, checks: Sequence[Check], metrics: Metrics) -> APIRouter:
    """Returns the routes. Requests are welcome when no check has an objection."""
    router = APIRouter(include_in_schema=False)

    async def ready() -> None:
        for check in checks:
            if (reason := await check()) is not None:
                raise ProblemError(UNAVAILABLE, f"Not ready: {reason}.", headers={"retry-after": "1"})

    @router.get("/livez")
    async def livez() -> Response:
        """Answers whatever the state of the database is: that it is broken is no reason to restart the process."""
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def readyz() -> Response:
        await ready()
        return JSONResponse({"status": "ready"})

    @router.get(f"/health/{service}")
    async def health() -> Response:
        """Answers as /readyz, but through the ingress: for the check of the whole system."""
        await ready()
        return JSONResponse({"status": "ok"})

    @router.get("/metrics")
    async def scrape() -> Response:
        return Response(metrics.text(), media_type=MEDIA_TYPE)

    return router
