"""Sends the spans of sampled requests to an OpenTelemetry collector. It is imported only where there is one.

Attributes are those of the semantic conventions: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and
https://opentelemetry.io/docs/specs/semconv/database/postgresql/.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.util.types import Attributes, AttributeValue
from starlette.types import Scope

from app.contract.conventions import TRACES
from app.contract.correlation import Correlation
from app.services.kit.metrics import METHODS
from app.services.kit.settings import Settings
from app.services.kit.tracing import Trace

QUEUE = 2048
"""The most spans that wait to be sent. Beyond it the oldest are dropped, so that a collector that is away costs no more
memory."""
BATCH = 512
"""The most spans of one message."""
DELAY = 2.0
"""Seconds after which a message is sent even if it is not full."""
EXPORT_TIMEOUT = 5.0
"""Seconds that sending one message may take, all tries included."""
FLUSH_TIMEOUT = 3.0
"""Seconds that the end of the process waits for the last messages. With the 2 s of the database that is within the
pod's grace period."""
COMPLAINTS = 60.0
"""Seconds between two log lines about lost spans, and between two about anything else in the library."""

_SENDERS = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal", "opentelemetry.sdk.trace.export")
"""The loggers of the library that queue, encode and send spans: what they warn of is a loss."""

_log = logging.getLogger(__name__)


class Spans:
    """The sender of spans, in a thread of its own. Spans that can't be sent are dropped: no request waits or fails."""

    def __init__(self, endpoint: str, settings: Settings, *, version: str) -> None:
        """Starts the sender. `endpoint` is the collector's base URL, to which OTLP's path is added."""
        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc: the collector is reached directly
        self._exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}{TRACES}", timeout=EXPORT_TIMEOUT, session=session)
        self._processor = BatchSpanProcessor(
            self._exporter, max_queue_size=QUEUE, max_export_batch_size=BATCH, schedule_delay_millis=DELAY * 1000
        )
        resource = {"service.name": settings.service, "service.version": version}
        if settings.pod:
            resource |= {"service.instance.id": settings.pod, "k8s.pod.name": settings.pod}
        self._ids = _GivenIds()
        provider = TracerProvider(ALWAYS_ON, Resource.create(resource), shutdown_on_exit=False, id_generator=self._ids)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("app.services.kit", version)
        database = settings.database
        self._name = database.database
        self._use: Attributes = {
            "db.system.name": "postgresql",
            "db.namespace": database.database,
            "server.address": database.host,
            "server.port": database.port,
        }
        self._complaints = _Complaints()
        self._complaints.install()

    def record(self, trace: Trace, scope: Scope, *, route: str | None, status: int) -> None:
        """Records the span of a request that has just ended, and one for each of its uses of the database."""
        current = trace.current
        ended = time.time_ns()
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        attributes: dict[str, AttributeValue] = {
            "http.request.method": method,
            "http.response.status_code": status,
            "http.request.header.x-request-id": [current.request_id],
            "network.protocol.version": scope["http_version"],
            "url.path": scope["path"],
            "url.scheme": scope["scheme"],
        }
        if route is not None:
            attributes["http.route"] = route
        name = f"{'HTTP' if method == '_OTHER' else method} {route or ''}".rstrip()
        span = self._span(
            name, SpanKind.SERVER, attributes, id_=current.span_id, within=_parent(current), at=trace.started
        )
        if status >= 500:
            _failed(span, str(status))
        span.end(ended)
        inside = set_span_in_context(span, Context())
        for use in trace.uses:
            id_ = os.urandom(8).hex()
            child = self._span(self._name, SpanKind.CLIENT, self._use, id_=id_, within=inside, at=use.started)
            if use.error is not None:
                _failed(child, use.error)
            child.end(use.ended)

    async def close(self) -> None:
        """Sends the spans that still wait, within FLUSH_TIMEOUT."""
        end = threading.Thread(target=self._processor.shutdown, name="flush spans", daemon=True)
        end.start()
        await asyncio.to_thread(end.join, FLUSH_TIMEOUT)
        if end.is_alive():
            self._exporter.shutdown()  # type: ignore[no-untyped-call]
            _log.warning("The last spans could not be sent within %g s.", FLUSH_TIMEOUT)
        self._complaints.uninstall()

    def _span(self, name: str, kind: SpanKind, attributes: Attributes, *, id_: str, within: Context, at: int) -> Span:
        self._ids.next = int(id_, 16)
        return self._tracer.start_span(name, within, kind, attributes, start_time=at)


class _GivenIds(IdGenerator):
    """A source of ids that gives the next span the id of its log line, which the next hop has got too."""

    next = 0

    def generate_span_id(self) -> int:
        return self.next

    def generate_trace_id(self) -> int:
        raise AssertionError("only requests with a parent are sampled, and they have its trace id")


class _Complaints(logging.Handler):
    """A handler of the library's messages that logs at most one a minute about losses.

    The library writes one for every message that it could not send. About anything else it logs at most one a minute,
    too, which hides no loss.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._library = logging.getLogger("opentelemetry")
        self._next = dict.fromkeys(("Spans are lost", "A span is incomplete"), float("-inf"))

    def install(self) -> None:
        self._library.addHandler(self)
        self._library.propagate = False

    def uninstall(self) -> None:
        self._library.removeHandler(self)
        self._library.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        topic = "Spans are lost" if record.name.startswith(_SENDERS) else "A span is incomplete"
        now = time.monotonic()
        if now >= self._next[topic]:
            self._next[topic] = now + COMPLAINTS
            _log.warning("%s: %s", topic, record.getMessage())


def _parent(current: Correlation) -> Context:
    state = TraceState.from_header([current.tracestate]) if current.tracestate else None
    sampled = TraceFlags(TraceFlags.SAMPLED)
    parent = SpanContext(int(current.trace_id, 16), int(current.parent_id, 16), True, sampled, state)
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _failed(span: Span, reason: str) -> None:
    span.set_attribute("error.type", reason)
    span.set_status(StatusCode.ERROR)
