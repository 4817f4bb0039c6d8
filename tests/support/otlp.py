"""An OpenTelemetry collector in this process. It takes OTLP over HTTP, protobuf and JSON, and keeps the spans."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from telemetry.decoding import JSON, decoded
from tests.support.waiting import eventually


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span. Ids are hexadecimal, `parent_id` is empty for a root, and times are nanoseconds since 1970."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    trace_state: str
    started: int
    ended: int
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]
    links: tuple[tuple[str, str], ...] = ()


class Collector:
    """The spans that have come. Requests hang while `answers` is not set, and are answered with `status`."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.spans: list[Span] = []
        self.requests = 0
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.answers = threading.Event()
        self.answers.set()

    def wait_for(self, count: int) -> list[Span]:
        """Waits for at least `count` spans and returns all in the order of their beginning."""
        eventually(lambda: len(self.spans) >= count, what=f"the arrival of {count} spans")
        return sorted(self.spans, key=lambda span: span.started)


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.requests += 1
            state.answers.wait()
            if state.status == 200:
                assert self.path == "/v1/traces"
                state.headers.append({name.lower(): value for name, value in self.headers.items()})
                state.spans += _read(body, self.headers["content-type"])
            answer = ExportTraceServiceResponse().SerializeToString()
            with contextlib.suppress(OSError):  # the other side may have given up
                self.send_response(state.status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keeps the log silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Collector(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.answers.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _read(body: bytes, media_type: str) -> Iterator[Span]:
    if media_type == JSON:
        for span in decoded(body, JSON):
            members = {
                name: value for name, value in vars(span).items() if name not in ("began", "attributes", "resource")
            }
            yield Span(
                **members,
                started=span.began,
                trace_state="",
                attributes=dict(span.attributes),
                resource=dict(span.resource),
            )
    else:
        assert media_type == "application/x-protobuf"
        yield from _spans(ExportTraceServiceRequest.FromString(body))


def _spans(message: ExportTraceServiceRequest) -> Iterator[Span]:
    for group in message.resource_spans:
        resource = {each.key: _value(each.value) for each in group.resource.attributes}
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=resource["service.name"],
                    name=span.name,
                    kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    trace_state=span.trace_state,
                    started=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
                    attributes={each.key: _value(each.value) for each in span.attributes},
                    resource=resource,
                )


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
