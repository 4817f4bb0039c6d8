"""What the platform asks: is the process alive, may it get requests, how does it do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app.contract.problems import UNAVAILABLE, ProblemError
from app.services.kit.metrics import MEDIA_TYPE, Metrics

ROUTES = frozenset({"/livez", "/readyz", "/metrics"})

Check = Callable[[], Awaitable[str | None]]
"""Tells what is not ready, or None."""


class Lifecycle:
    """Whether the process is on its way out."""

    def __init__(self) -> None:
        self.draining = False

    async def check(self) -> str | None:
        return "the process is shutting down" if self.draining else None


def router(service: str, checks: Sequence[Check], metrics: Metrics) -> APIRouter:
    made = APIRouter(include_in_schema=False)

    async def ready() -> None:
        for check in checks:
            if (reason := await check()) is not None:
                raise ProblemError(UNAVAILABLE, f"Not ready: {reason}.", headers={"retry-after": "1"})

    @made.get("/livez")
    async def livez() -> Response:
        """Depends on nothing: a broken database is no reason to restart the process."""
        return JSONResponse({"status": "alive"})

    @made.get("/readyz")
    async def readyz() -> Response:
        await ready()
        return JSONResponse({"status": "ready"})

    @made.get(f"/health/{service}")
    async def health() -> Response:
        """The same, through the ingress: for who asks how the whole system does."""
        await ready()
        return JSONResponse({"status": "ok"})

    @made.get("/metrics")
    async def scrape() -> Response:
        return Response(metrics.text(), media_type=MEDIA_TYPE)

    return made
