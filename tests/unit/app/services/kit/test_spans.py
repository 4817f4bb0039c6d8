import asyncio
import logging
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from fastapi import Request
from opentelemetry.sdk.trace import TracerProvider

from app.services.kit import application, spans
from app.services.kit.routing import Router
from app.services.kit.settings import Settings
from tests.support.asgi import client
from tests.support.otlp import collector
from tests.support.service import ROOT, free_port

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1", "x-request-id": "caller-0001"}
UNSAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-00"}

router = Router()


@router.get("/things/{thing_id}")
async def read_thing(thing_id: str, request: Request) -> dict:
    row = await request.app.state.database.fetchrow("select $1::text as id", thing_id)
    return {"id": row["id"]}


@router.get("/twice")
async def twice(request: Request) -> None:
    database = request.app.state.database
    await database.fetchrow("select 1")
    async with database.transaction() as connection:
        await connection.execute("select 1")


@router.get("/wrong")
async def wrong(request: Request) -> None:
    await request.app.state.database.fetchrow("select * from nowhere")


@router.get("/plain")
async def plain() -> dict:
    return {}


@pytest.fixture
def otlp(monkeypatch):
    monkeypatch.setattr(spans, "DELAY", 0.02)
    with collector() as made:
        yield made


@pytest.fixture
def given(server, environment, otlp) -> Settings:
    url = server.new_database()
    return Settings.from_environment(environment | {"DATABASE_URL": url, "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.endpoint})


@pytest.fixture
def call(given):
    with client(application.create(given, router)) as made:
        yield made


def test_a_sampled_request_has_a_span_within_its_callers_and_one_for_its_use_of_the_database(call, otlp, lines, given):
    before = time.time_ns()
    assert call("GET", "/things/a%20b?secret=SENSITIVE", headers=SAMPLED).status == 200
    request, use = otlp.wait_for(2)
    line = lines()[-1]

    assert (request.trace_id, request.parent_id, request.trace_state) == (TRACE, PARENT, "vendor=1")
    assert (use.trace_id, use.parent_id) == (TRACE, request.span_id)
    assert use.span_id not in (request.span_id, PARENT, "0" * 16)
    assert (line["trace_id"], line["span_id"]) == (TRACE, request.span_id)
    assert (request.name, request.kind, request.failed) == ("GET /things/{thing_id}", "SERVER", False)
    assert request.attributes == {
        "http.request.method": "GET",
        "http.request.header.x-request-id": ["caller-0001"],
        "http.response.status_code": 200,
        "http.route": "/things/{thing_id}",
        "network.protocol.version": "1.1",
        "url.path": "/things/a b",
        "url.scheme": "https",
    }
    assert (use.name, use.kind) == (given.database.database, "CLIENT")
    assert use.attributes == {
        "db.system.name": "postgresql",
        "db.namespace": given.database.database,
        "server.address": "127.0.0.1",
        "server.port": given.database.port,
    }
    assert before <= request.started <= use.started <= use.ended <= request.ended <= time.time_ns()
    assert request.resource["service.name"] == "users"
    assert request.resource["service.instance.id"] == request.resource["k8s.pod.name"] == "users-1"


def test_every_use_has_its_span(call, otlp):
    call("GET", "/twice", headers=SAMPLED)
    request, first, second = otlp.wait_for(3)

    assert {first.parent_id, second.parent_id} == {request.span_id}
    assert first.span_id != second.span_id
    assert first.ended <= second.started


def test_requests_at_once_keep_their_own(call, otlp):
    async def run() -> None:
        headers = [{"traceparent": f"00-{number:032x}-{number:016x}-01"} for number in range(1, 21)]
        await asyncio.gather(*(call.request("GET", "/things/a", headers=each) for each in headers))

    call.loop.run_until_complete(run())
    found = otlp.wait_for(40)
    requests = {span.trace_id: span for span in found if span.kind == "SERVER"}
    uses = [span for span in found if span.kind == "CLIENT"]

    assert len(requests) == len(uses) == 20
    assert all(int(span.parent_id, 16) == int(span.trace_id, 16) for span in requests.values())
    assert all(use.parent_id == requests[use.trace_id].span_id for use in uses)


def test_failures_are_marked_in_their_spans(call, otlp):
    call("GET", "/wrong", headers=SAMPLED)
    request, use = otlp.wait_for(2)

    assert (request.failed, request.attributes["error.type"]) == (True, "500")
    assert (use.failed, use.attributes["error.type"]) == (True, "UndefinedTableError")


def test_a_callers_mistake_is_no_failure_and_an_unknown_path_makes_no_name(call, otlp):
    call("BREW", "/nothing/123", headers=SAMPLED)
    (request,) = otlp.wait_for(1)

    assert (request.name, request.failed) == ("HTTP", False)
    assert request.attributes["http.request.method"] == "_OTHER"
    assert "http.route" not in request.attributes


def test_other_requests_make_no_span(call, otlp, monkeypatch):
    monkeypatch.setattr(spans.Spans, "record", lambda *_, **__: pytest.fail("a span was made"))
    for headers in ({}, UNSAMPLED, {"traceparent": "no-01"}, {"traceparent": f"00-{TRACE}-{'0' * 16}-01"}):
        assert call("GET", "/things/a", headers=headers).status == 200


def test_what_waits_is_sent_at_the_end(given, otlp, monkeypatch):
    monkeypatch.setattr(spans, "DELAY", 60.0)
    with client(application.create(given, router)) as call:
        call("GET", "/plain", headers=SAMPLED)
        assert otlp.spans == []
    assert len(otlp.spans) == 1


def complaints(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "app.services.kit.spans"]


def test_a_collector_that_is_away_costs_nothing_but_a_line(given, otlp, monkeypatch, caplog):
    monkeypatch.setattr(spans, "EXPORT_TIMEOUT", 0.05)
    away = replace(given, telemetry=f"http://127.0.0.1:{free_port()}")
    with client(application.create(away, router)) as call:
        for _ in range(50):
            assert call("GET", "/plain", headers=SAMPLED).status == 200
            time.sleep(0.005)
    found = complaints(caplog)

    assert len(found) == 1
    assert found[0].startswith("Spans are lost: ")
    assert not [record for record in caplog.records if record.name.startswith(("opentelemetry", "urllib3"))]


MALFORMED = ["vendor", "vendor=1,vendor=2", "Vendor=1", "a=b=c", "=", ",".join(f"v{number}=1" for number in range(33))]


@pytest.mark.parametrize("tracestate", MALFORMED)
def test_a_malformed_tracestate_makes_a_span_without_it_and_no_line(call, otlp, caplog, tracestate):
    assert call("GET", "/plain", headers=SAMPLED | {"tracestate": tracestate}).status == 200
    (request,) = otlp.wait_for(1)

    assert (request.trace_id, request.trace_state) == (TRACE, "")
    assert complaints(caplog) == []


def test_what_else_the_library_says_does_not_hide_a_loss(call, caplog):
    for name in ("opentelemetry.trace.span", "opentelemetry.sdk._shared_internal") * 3:
        logging.getLogger(name).warning("of %s", name)

    assert complaints(caplog) == [
        "A span is incomplete: of opentelemetry.trace.span",
        "Spans are lost: of opentelemetry.sdk._shared_internal",
    ]


def test_a_collector_that_does_not_answer_neither_holds_up_requests_nor_the_end(given, otlp, monkeypatch, caplog):
    monkeypatch.setattr(spans, "FLUSH_TIMEOUT", 0.1)
    monkeypatch.setattr(spans, "EXPORT_TIMEOUT", 3600.0)  # the test would not end before an export does
    monkeypatch.setattr(spans, "QUEUE", 8)
    monkeypatch.setattr(spans, "BATCH", 4)
    otlp.answers.clear()
    with client(application.create(given, router)) as call:
        for _ in range(100):
            assert call("GET", "/plain", headers=SAMPLED).status == 200
        assert otlp.spans == []
    assert "The last spans could not be sent within 0.1 s." in complaints(caplog)
    otlp.answers.set()
    assert len(otlp.spans) <= 8 + 4


def test_a_collector_that_refuses_is_logged_once(given, otlp, caplog):
    otlp.status = 400
    with client(application.create(given, router)) as call:
        for _ in range(20):
            call("GET", "/plain", headers=SAMPLED)
            time.sleep(0.01)
    assert otlp.requests > 1
    assert len(complaints(caplog)) == 1


def test_a_proxy_of_the_environment_is_not_used(given, otlp, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with client(application.create(given, router)) as call:
        call("GET", "/plain", headers=SAMPLED)
    assert len(otlp.spans) == 1


def test_without_a_collector_there_is_nothing_of_it(settings, monkeypatch):
    monkeypatch.setattr(TracerProvider, "__init__", lambda *_, **__: pytest.fail("spans are on"))
    with client(application.create(settings, router)) as call:
        assert call("GET", "/plain", headers=SAMPLED).status == 200


def test_the_library_is_imported_only_with_a_collector():
    code = "import sys, app.services.users.api; print('opentelemetry.sdk' in sys.modules, 'requests' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"
