"""The collector: what it takes, in which forms, and what it refuses."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from starlette.applications import Starlette

from app.functions.kit.otlp import SERVER, encoded
from app.functions.kit.otlp import Span as Noted
from telemetry import application
from telemetry.decoding import JSON, PROTOBUF
from telemetry.store import Store

TRACE, OWN, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "53995c3f42cd8ad8"
ADDRESS = "http://127.0.0.1:31999"
ATTRIBUTES = {"crosscloud.request_id": "caller-0001", "crosscloud.order_id": "order-1", "list": ["a"], "whole": 7}
SPAN = Noted("GET /users", SERVER, TRACE, OWN, PARENT, 10, 20, ATTRIBUTES, ((TRACE, "a" * 16),), "503")
MESSAGE = encoded({"service.name": "orders"}, [SPAN])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "telemetry" / "spans.sqlite")
    yield made
    made.close()


@pytest.fixture
def client(store: Store) -> Starlette:
    return application.application(store, port=31999)


def send(client: Starlette, body: bytes, media_type: str = JSON, **headers: str) -> int:
    async def sent() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=client), base_url=ADDRESS) as http:
            names = {"content-type": media_type, **{key.replace("_", "-"): value for key, value in headers.items()}}
            return (await http.post("/v1/traces", content=body, headers=names)).status_code

    return asyncio.run(sent())


def test_a_span_in_json_is_found_by_each_of_its_ids(client: Starlette, store: Store) -> None:
    assert send(client, MESSAGE) == 200
    for id_ in (TRACE, "caller-0001", "order-1"):
        (span,) = store.find(id_)
        assert (span.trace_id, span.span_id, span.parent_id) == (TRACE, OWN, PARENT)
        assert (span.service, span.name, span.kind, span.failed) == ("orders", "GET /users", "SERVER", True)
        assert (span.began, span.ended, span.links) == (10, 20, ((TRACE, "a" * 16),))
        assert span.attributes == {**ATTRIBUTES, "error.type": "503"}
    assert store.find("") == store.find("nobody") == []


def in_protobuf(**attributes: str) -> bytes:
    span = Message(
        trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(OWN), name="ingress", kind=Message.SPAN_KIND_SERVER
    )
    span.start_time_unix_nano, span.end_time_unix_nano = 10, 20
    for name, value in attributes.items():
        span.attributes.add(key=name.replace("__", ":").replace("_", ".")).value.string_value = value
    group = ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])
    group.resource.attributes.add(key="service.name").value.string_value = "ingress"
    return ExportTraceServiceRequest(resource_spans=[group]).SerializeToString()


def test_a_span_of_envoy_gets_the_names_of_the_conventions_and_no_query(client: Starlette, store: Store) -> None:
    body = in_protobuf(http_url="https://localhost/users?name=SENSITIVE", http_method="GET")
    assert send(client, body, PROTOBUF) == 200
    (span,) = store.find(TRACE)
    assert (span.service, span.kind, span.parent_id) == ("ingress", "SERVER", "")
    assert span.attributes == {"url.full": "https://localhost/users", "http.request.method": "GET"}


def test_a_message_may_be_packed(client: Starlette, store: Store) -> None:
    assert send(client, gzip.compress(MESSAGE), content_encoding="gzip") == 200
    assert len(store.find(TRACE)) == 1


def test_a_span_that_comes_again_is_kept_once(client: Starlette, store: Store) -> None:
    for _ in range(3):
        assert send(client, MESSAGE) == 200
    assert len(store.find(TRACE)) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (MESSAGE, "text/plain", 415),  # what a page of a browser may send anywhere
        (MESSAGE, "", 415),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "no"}]}]}]}', JSON, 400),
        (b'{"resourceSpans": 7}', JSON, 400),
        (b"[" * 200_000, JSON, 400),
        (MESSAGE.replace(b'"10"', b"1e999"), JSON, 400),
        (MESSAGE.replace(b'"10"', b'"18446744073709551615"'), JSON, 400),
        (MESSAGE.replace(b"caller-0001", b"\\ud800"), JSON, 400),
        (MESSAGE.replace(TRACE.encode(), TRACE[:-1].encode()), JSON, 400),
        (MESSAGE.replace(OWN.encode(), b""), JSON, 400),
        (MESSAGE.replace(PARENT.encode(), b" 0x1_2_3_4_5_6_7"), JSON, 400),
        (b"\xff\xff", PROTOBUF, 400),
        (b"\x00" * 100, PROTOBUF, 400),
    ],
)
def test_anything_else_is_refused_and_nothing_of_it_is_kept(
    client: Starlette, store: Store, body: bytes, media_type: str, status: int
) -> None:
    assert send(client, body, media_type) == status
    assert store.find(TRACE) == []


def test_a_refusal_does_not_repeat_the_message(client: Starlette) -> None:
    async def refused() -> bytes:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=client), base_url=ADDRESS) as http:
            return (await http.post("/v1/traces", content=b"\xff" * 10_000, headers={"content-type": JSON})).content

    assert len(asyncio.run(refused())) < 500


def test_spans_that_can_not_be_written_are_refused_without_a_stack_trace(client: Starlette, store: Store) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("begin exclusive")
    assert send(client, MESSAGE) == 503
    other.close()
    assert send(client, MESSAGE) == 200
    assert len(store.find(TRACE)) == 1


def test_a_sender_that_goes_in_the_middle_is_no_failure_of_the_collector(client: Starlette) -> None:
    answers: list[Any] = []

    async def cut_off() -> None:
        messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
        headers = [(b"host", b"127.0.0.1:31999"), (b"content-type", JSON.encode())]
        scope = {"type": "http", "method": "POST", "path": "/v1/traces", "query_string": b"", "headers": headers}

        async def receive() -> Any:
            return next(messages)

        async def answer(message: Any) -> None:
            answers.append(message)

        await client(scope, receive, answer)

    asyncio.run(cut_off())
    assert answers[0]["status"] == 400


def test_it_answers_to_its_own_name_alone(client: Starlette) -> None:
    assert send(client, MESSAGE, host="attacker.example") == 400
    assert send(client, MESSAGE, host="localhost:31999") == 200


def test_a_message_that_is_too_large_is_refused_also_when_it_is_packed(
    client: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "LARGEST", 10_000)
    assert send(client, b" " * 10_001) == 413
    assert send(client, gzip.compress(b" " * 10_001), content_encoding="gzip") == 413
    assert send(client, b"no gzip", content_encoding="gzip") == 400
