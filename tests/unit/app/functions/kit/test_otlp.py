"""The encoding of spans, against OpenTelemetry's own definition of the messages."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from app.functions.kit.otlp import CLIENT, CONSUMER, CollectorError, Sender, Span, encoded
from tests.support.otlp import collector
from tests.support.service import free_port

TRACE, OWN, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "53995c3f42cd8ad8"
SPAN = Span(
    "process fulfilment",
    CONSUMER,
    TRACE,
    OWN,
    PARENT,
    1_796_000_000_000_000_001,
    1_796_000_000_000_000_002,
    {"text": "ä\n\x00", "true": True, "whole": 2**53 + 1, "part": 0.5, "list": ["a", "b"]},
    ((TRACE, "a" * 16),),
    "503",
    "vendor=1",
)


def with_ids_as_protobuf_has_them(value: object, name: str = "") -> object:
    """Returns a message with ids in base64: protobuf's JSON has them so, OTLP's in hexadecimal digits."""
    if isinstance(value, dict):
        return {key: with_ids_as_protobuf_has_them(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [with_ids_as_protobuf_has_them(each) for each in value]
    return base64.b64encode(bytes.fromhex(value)).decode() if name.endswith(("traceId", "Id")) else value


def parsed(body: bytes) -> ExportTraceServiceRequest:
    """Returns the message. Raises ParseError for a member that the definition does not have."""
    return ParseDict(with_ids_as_protobuf_has_them(json.loads(body)), ExportTraceServiceRequest())


def test_a_span_is_what_the_definition_says() -> None:
    (group,) = parsed(encoded({"service.name": "fulfilment"}, [SPAN])).resource_spans
    (span,) = group.scope_spans[0].spans

    assert group.schema_url == "https://opentelemetry.io/schemas/1.44.0"
    assert [(each.key, each.value.string_value) for each in group.resource.attributes] == [
        ("service.name", "fulfilment")
    ]
    assert (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()) == (TRACE, OWN, PARENT)
    assert (span.name, span.kind, span.trace_state) == (
        "process fulfilment",
        trace_pb2.Span.SPAN_KIND_CONSUMER,
        "vendor=1",
    )
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (SPAN.started, SPAN.ended)
    assert span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    assert span.flags == 0x301  # sampled; its parent is known to be of another process
    values = {each.key: each.value for each in span.attributes}
    assert values["text"].string_value == "ä\n\x00"
    assert (values["true"].bool_value, values["whole"].int_value, values["part"].double_value) == (True, 2**53 + 1, 0.5)
    assert [each.string_value for each in values["list"].array_value.values] == ["a", "b"]
    assert values["error.type"].string_value == "503"
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in span.links] == [(TRACE, "a" * 16)]


def test_a_root_without_error_has_neither_parent_nor_status() -> None:
    root = SPAN._replace(parent_id="", error=None, links=(), kind=CLIENT)
    (span,) = parsed(encoded({}, [root])).resource_spans[0].scope_spans[0].spans
    assert (span.parent_span_id, span.status.code, span.flags, list(span.links)) == (b"", 0, 0x101, [])


def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    taken = []

    class Once(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            self.close_connection = True  # without a word, as a balancer that forgets a connection

        def log_message(self, *_: object) -> None:
            """Keeps the log silent."""

    server = HTTPServer(("127.0.0.1", 0), Once)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        sender = Sender(f"http://127.0.0.1:{server.server_address[1]}")
        for number in range(3):
            sender.send(b"%d" % number, {}, timeout=5)
        sender.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert taken == [b"0", b"1", b"2"]


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_a_collector_that_refuses_is_an_error_that_says_so(status: int) -> None:
    with collector() as running:
        running.status = status
        sender = Sender(running.endpoint)
        with pytest.raises(CollectorError, match=f"it answered {status}"):
            sender.send(encoded({}, [SPAN]), {"x-key": "SENSITIVE"}, timeout=5)
        sender.close()


@pytest.mark.parametrize(
    "endpoint",
    [f"http://127.0.0.1:{free_port()}", "https://127.0.0.1:1", "http://no-such-host.invalid"],
    ids=["nobody listens", "no port of ours", "no such host"],
)
def test_a_collector_that_is_away_is_an_error_without_the_headers(endpoint: str) -> None:
    with pytest.raises(CollectorError) as raised:
        Sender(endpoint).send(b"{}", {"x-key": "SENSITIVE"}, timeout=2)
    assert "SENSITIVE" not in str(raised.value)


def test_a_header_that_http_does_not_take_is_an_error_without_its_value() -> None:
    with collector() as running, pytest.raises(CollectorError) as raised:
        Sender(running.endpoint).send(b"{}", {"x-key": "SENSITIVE\r\nx-other: 1"}, timeout=2)
    assert "SENSITIVE" not in str(raised.value)
