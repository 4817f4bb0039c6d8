"""The usual stack: FastAPI with the packages that a team would pick for metrics, traces, request ids and a JSON log.

Where there is a choice it is the fast one: the log line comes from pure ASGI middleware instead of
`@app.middleware("http")`, which costs twice as much; structlog is configured as its documentation has it for speed
(https://www.structlog.org/en/stable/performance.html); the request id is taken as it comes.
"""

from __future__ import annotations

import logging
import os
import time

import orjson
import structlog
from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import format_trace_id, get_current_span
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVICE = "usual"
"""The service that its spans name."""
SAMPLED = 0.01
"""The share of the traces that it begins itself. Those of the benchmarks are begun, and sampled, by the caller."""


class AccessLog:
    """The writer of one line for each request."""

    def __init__(self, app: ASGIApp) -> None:
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(serializer=orjson.dumps),
            ],
            logger_factory=structlog.BytesLoggerFactory(),
            cache_logger_on_first_use=True,
        )
        self._app = app
        self._log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            self._log.info(
                "request",
                service=SERVICE,
                request_id=correlation_id.get(),
                trace_id=format_trace_id(get_current_span().get_span_context().trace_id),
                method=scope["method"],
                route=getattr(scope.get("route"), "path", ""),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 3),
            )


def equip(app: FastAPI) -> None:
    """Adds the packages to an application. The one that is added last is the first to see a request."""
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(SAMPLED), resource=Resource.create({"service.name": SERVICE})
    )
    exporter = OTLPSpanExporter(f"{os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    app.add_middleware(AccessLog)
    app.add_middleware(CorrelationIdMiddleware, validator=None)
    Instrumentator().instrument(app).expose(app)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
