"""The spans of calls of services: one an attempt, whose id is what the service gets as its parent."""

import dataclasses
import json
import os
import time

import pytest

from app.contract import dry_run
from app.contract.correlation import accept
from app.functions.kit import environment, tracing
from app.functions.kit.upstream import UpstreamError
from app.functions.orchestrator import handler as orchestrator
from tests.support.otlp import collector
from tests.support.scripted import sends
from tests.unit.app.functions.conftest import Context
from tests.unit.app.functions.kit.upstream_calls import OK, call

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
AWAY = sends(b"", status=503)


@pytest.fixture
def otlp():
    with collector() as made:
        yield made


@pytest.fixture
def spans(otlp):
    settings = environment.read({"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.endpoint}, "orchestrator", needed=())
    made = tracing.spans(settings, settings.log())
    yield made
    made.close()


def sampled(flag: str = "01"):
    correlation = accept("the-request", f"00-{TRACE}-{CALLER}-{flag}")
    headers = {"x-request-id": "the-request", "traceparent": correlation.traceparent}
    return dataclasses.replace(call(), correlation=correlation, headers=headers)


def test_each_attempt_has_a_span_which_is_the_parent_that_the_service_gets(ingress, services, spans, otlp):
    way, running = ingress, services(AWAY, AWAY, OK)
    way = ingress(running.port)
    way._spans = spans
    made = sampled()
    assert way.send(made).attempts == 3
    spans.flush(Context())

    assert [span.kind for span in otlp.spans] == ["CLIENT"] * 3
    assert [span.failed for span in otlp.spans] == [True, True, False]
    assert {span.parent_id for span in otlp.spans} == {made.correlation.span_id}
    assert [span.attributes.get("http.request.resend_count", 0) for span in otlp.spans] == [0, 1, 2]
    assert [span.attributes["http.response.status_code"] for span in otlp.spans] == [503, 503, 200]
    ids = [span.span_id for span in otlp.spans]
    assert [request.headers["traceparent"].split("-")[2] for request in running.requests] == ids
    assert made.spans == ids, "for the log line of the work"


def test_what_is_not_sampled_is_sent_as_it_is(ingress, services, spans, otlp):
    running = services(AWAY, OK)
    way = ingress(running.port)
    way._spans = spans
    made = sampled("00")
    assert way.send(made).attempts == 2
    spans.flush(Context())
    assert {request.headers["traceparent"] for request in running.requests} == {made.headers["traceparent"]}
    assert (otlp.requests, made.spans) == (0, [])


def test_a_call_without_an_answer_says_why(ingress, services, spans, otlp):
    way = ingress(1)
    way._spans = spans
    made = dataclasses.replace(sampled(), deadline=time.monotonic() - 1)
    with pytest.raises(UpstreamError):
        way.send(made)
    spans.flush(Context())
    (span,) = otlp.spans
    assert (span.failed, span.attributes["error.type"]) == (True, "upstream-timeout")
    assert "http.response.status_code" not in span.attributes


@pytest.fixture
def invoke(services, secrets, otlp, monkeypatch, capsys):
    """Returns the orchestrator as the runtime calls it, with one service behind it, and what it has logged last."""
    orchestrator.assembled.cache_clear()

    def made(*script, endpoint: str = otlp.endpoint, rate: str = "1", traceparent: str | None = None):
        variables = {
            **secrets.environment(),
            "UPSTREAM_URL": f"https://127.0.0.1:{services(*script).port}",
            "UPSTREAM_TLS_SECRET_ARN": "arn:tls",
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "TRACE_SAMPLE_RATE": rate,
        }
        for name, value in variables.items():
            monkeypatch.setitem(os.environ, name, value)
        event = {
            "routeKey": "GET /users/{userId}",
            "rawPath": "/users/123",
            "pathParameters": {"userId": "123"},
            "headers": {"x-request-id": "the-request", **({"traceparent": traceparent} if traceparent else {})},
            "requestContext": {"authorizer": {"jwt": {"claims": {"sub": "123", "scope": "users:read"}}}},
        }
        answer = orchestrator.handler(event, Context())
        line = json.loads(capsys.readouterr().out.splitlines()[-1])
        return answer, line

    yield made
    if orchestrator.assembled.cache_info().currsize and (own := orchestrator.assembled().spans):
        own.close()
    orchestrator.assembled.cache_clear()


USER = sends(b'{"id":"123","name":"Mark Wells","role":"Engineer"}')


def test_a_request_is_a_span_with_the_ids_of_its_line_and_its_call_within(invoke, otlp):
    answer, line = invoke(USER)
    call_, request = otlp.spans
    assert answer["statusCode"] == 200
    assert (request.name, request.kind) == ("GET /users/{userId}", "SERVER")
    assert (request.trace_id, request.span_id, request.parent_id) == (line["trace_id"], line["span_id"], "")
    assert (call_.parent_id, line["calls"]) == (request.span_id, [call_.span_id])
    assert request.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/users/{userId}",
        "url.path": "/users/123",
        "url.scheme": "https",
        "faas.trigger": "http",
        "faas.invocation_id": "aws-1",
        "faas.coldstart": True,
        "crosscloud.request_id": "the-request",
    }


def test_a_caller_s_decision_counts_and_otherwise_the_rate(invoke, otlp):
    for traceparent, rate in ((f"00-{TRACE}-{CALLER}-00", "1"), (None, "0")):
        orchestrator.assembled.cache_clear()
        _, line = invoke(USER, rate=rate, traceparent=traceparent)
        assert "calls" not in line
    assert otlp.requests == 0


@pytest.mark.parametrize("problem", ["away", "refuses", "hangs"])
def test_no_request_fails_for_its_collector(invoke, otlp, monkeypatch, problem):
    monkeypatch.setattr("app.functions.kit.spans.FLUSH_TIMEOUT", 0.05)
    if problem == "hangs":
        otlp.answers.clear()
    otlp.status = 500 if problem == "refuses" else 200
    endpoint = "http://127.0.0.1:1" if problem == "away" else otlp.endpoint
    answer, line = invoke(USER, endpoint=endpoint)
    assert answer["statusCode"] == 200
    assert line["message"].startswith("Spans are lost")
    otlp.answers.set()


def test_a_dry_event_is_nobody_s_request_and_has_no_span(invoke, otlp):
    _, line = invoke(USER)
    otlp.spans.clear()
    orchestrator.handler({**dry_run.EVENT}, Context())
    assert (line["status"], otlp.spans) == (200, [])
