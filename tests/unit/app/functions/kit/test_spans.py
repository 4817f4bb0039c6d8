"""The spans of an environment: when they are sent, what becomes of them when they can't be, and whom that concerns."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.contract.correlation import Correlation, accept
from app.functions.kit import environment, spans, tracing
from app.functions.kit.otlp import CLIENT, SERVER
from app.functions.kit.spans import Spans
from tests.support.otlp import Collector, collector
from tests.support.secrets_manager import SecretsManager, secrets_manager
from tests.support.service import ROOT, free_port

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:collector"


class Context:
    aws_request_id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"

    def __init__(self, seconds: float = 28) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture
def otlp() -> Iterator[Collector]:
    with collector() as made:
        yield made


@pytest.fixture
def make() -> Iterator[Callable[..., Spans]]:
    every = []

    def made(endpoint: str, **variables: str) -> Spans:
        given = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **variables}
        settings = environment.read(given, "orders", needed=())
        found = tracing.spans(settings, settings.log())
        assert found is not None
        every.append(found)
        return found

    yield made
    for own in every:
        own.close()


@pytest.fixture
def lines(capsys) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def sampled() -> Correlation:
    return accept("caller-0001", SAMPLED)


def test_what_was_noted_is_sent_once_at_the_end_of_the_invocation(make, otlp) -> None:
    own, correlation = make(otlp.endpoint, AWS_REGION="eu-west-1"), sampled()
    own.add("GET /orders", SERVER, correlation, {"http.response.status_code": 200}, started=time.time_ns())
    own.add("POST", CLIENT, correlation.of_call(), {}, started=time.time_ns(), error="503")
    assert otlp.spans == []
    own.flush(Context())
    own.flush(Context())

    request, call = otlp.spans
    assert otlp.requests == 1
    assert (request.trace_id, request.span_id, request.parent_id) == (
        correlation.trace_id,
        correlation.span_id,
        correlation.parent_id,
    )
    assert (call.parent_id, call.failed) == (correlation.span_id, True)
    assert request.attributes == {"http.response.status_code": 200, "crosscloud.request_id": "caller-0001"}
    assert request.resource["service.name"] == "orders"
    assert request.resource["cloud.platform"] == "aws_lambda"


def test_what_is_not_sampled_is_neither_noted_nor_sent(make, otlp) -> None:
    own = make(otlp.endpoint)
    own.add("GET", SERVER, accept("caller-0001", SAMPLED[:-1] + "0"), {}, started=1)
    own.add("GET", SERVER, accept(None, None), {}, started=1)
    own.flush(Context())
    assert otlp.requests == 0


def test_the_first_invocation_is_cold_and_no_other(make, otlp) -> None:
    own, seen = make(otlp.endpoint), []
    for _ in range(3):
        own.begin()
        seen.append(own.is_cold)
        own.flush(Context())
    assert seen == [True, False, False]


def test_a_collector_that_is_away_costs_one_line_a_minute_which_counts(make, lines, monkeypatch) -> None:
    own, clock = make(f"http://127.0.0.1:{free_port()}"), [1000.0]
    monkeypatch.setattr(spans.time, "monotonic", lambda: clock[0])
    for _ in range(30):
        own.add("GET", SERVER, sampled(), {}, started=1)
        own.add("GET", CLIENT, sampled(), {}, started=1)
        own.flush(Context())
        clock[0] += 2.5
    told = lines()
    assert [line["level"] for line in told] == ["WARNING", "WARNING"]
    assert [line["message"] for line in told] == [
        "Spans are lost: 2 since the last such line.",
        "Spans are lost: 48 since the last such line.",
    ]
    assert told[0]["reason"] == "The collector did not take them: ConnectionRefusedError."


def test_after_a_failure_no_attempt_is_made_for_a_while(make, otlp, monkeypatch) -> None:
    own, clock = make(otlp.endpoint), [1000.0]
    monkeypatch.setattr(spans.time, "monotonic", lambda: clock[0])
    otlp.status = 503
    for passed in (0.0, 1.0, spans.PAUSE - 1.1, 0.2):
        clock[0] += passed
        own.add("GET", SERVER, sampled(), {}, started=1)
        own.flush(Context())
    assert otlp.requests == 2


def test_a_collector_that_does_not_answer_is_waited_for_once_and_not_long(make, otlp, lines, monkeypatch) -> None:
    monkeypatch.setattr(spans, "FLUSH_TIMEOUT", 0.05)
    otlp.answers.clear()
    own = make(otlp.endpoint)
    for _ in range(3):
        own.add("GET", SERVER, sampled(), {}, started=1)
        own.flush(Context())
    otlp.answers.set()
    own.close()
    assert [line["reason"] for line in lines()] == ["The collector took longer than 0.05 s."]
    assert otlp.requests <= 1


def test_an_invocation_without_time_sends_nothing(make, otlp, lines) -> None:
    own = make(otlp.endpoint)
    own.add("GET", SERVER, sampled(), {}, started=1)
    own.flush(Context(seconds=spans.RESERVE))
    assert otlp.requests == 0
    assert lines()[0]["reason"] == "The invocation had no time left."


def test_no_more_spans_wait_than_fit(make, otlp, lines, monkeypatch) -> None:
    monkeypatch.setattr(spans, "MOST", 5)
    own = make(otlp.endpoint)
    for number in range(8):
        own.add(str(number), CLIENT, sampled(), {}, started=1)
    own.flush(Context())
    assert [span.name for span in otlp.spans] == ["0", "1", "2", "3", "4"]
    otlp.status = 500
    own.add("one more", CLIENT, sampled(), {}, started=1)
    own.flush(Context())
    assert lines()[0]["message"] == "Spans are lost: 4 since the last such line."


@pytest.fixture
def manager() -> Iterator[SecretsManager]:
    with secrets_manager() as running:
        running.text = json.dumps({"X-Api-Key": "SENSITIVE"})
        yield running


def test_the_headers_come_from_their_secret_which_is_fetched_once(make, otlp, manager, lines) -> None:
    own = make(otlp.endpoint, **manager.environment(), TELEMETRY_HEADERS_SECRET_ARN=SECRET_ARN)
    assert manager.calls == [], "not before a span is sent"
    for _ in range(3):
        own.add("GET", SERVER, sampled(), {}, started=1)
        own.flush(Context())
        own._sending.join()
    assert len(manager.calls) == 1
    assert [headers["x-api-key"] for headers in otlp.headers] == ["SENSITIVE"] * len(otlp.headers)
    assert len(otlp.headers) == 3
    assert "SENSITIVE" not in repr(vars(own))


@pytest.mark.parametrize("text", ["SENSITIVE", '["SENSITIVE"]', "", '{"x": "SENSITIVE\\n"}'])
def test_a_secret_that_is_wrong_is_told_without_its_value(make, otlp, manager, capsys, text: str) -> None:
    manager.text = text
    own = make(otlp.endpoint, **manager.environment(), TELEMETRY_HEADERS_SECRET_ARN=SECRET_ARN)
    own.add("GET", SERVER, sampled(), {}, started=1)
    own.flush(Context())
    own._sending.join()
    printed = capsys.readouterr().out
    assert "Spans are lost" in printed
    assert "SENSITIVE" not in printed
    assert otlp.spans == []


def test_without_a_collector_nothing_of_it_is_imported() -> None:
    modules = ("app.functions.kit.spans", "app.functions.kit.otlp", "app.contract.conventions")
    code = f"""import os, sys
os.environ.update(AWS_REGION="eu-west-1", UPSTREAM_URL="https://localhost", UPSTREAM_TLS_SECRET_ARN="arn",
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", ORDERS_TABLE="o", PRODUCTS_TABLE="p", IDEMPOTENCY_TABLE="i")
from app.functions.orchestrator import handler as one
from app.functions.orders import handler as two
print(one.assembled().spans, two.assembled().spans, [name for name in {modules!r} if name in sys.modules])"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "None None []\n"
