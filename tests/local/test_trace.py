"""The spans of the local stack: one trace over both clouds, with its parents and its links."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Sequence

import pytest

from telemetry.span import Span
from tests.local.test_console import idles, memory
from tests.support.console import console
from tests.support.contract import all_scopes
from tests.support.customer import Customer
from tests.support.services import services_of
from tests.support.spans import collected, kept, missing_parents, outside_their_parents, way_up
from tests.support.stack import Stack
from tests.support.waiting import eventually

MOST_MEMORY = 150_000_000
"""Bytes of the console and the collector together."""
OF_AN_ORDER = {
    ("gateway", "SERVER"),
    ("orders", "SERVER"),
    ("orders", "CLIENT"),
    ("relay", "CONSUMER"),
    ("relay", "PRODUCER"),
    ("fulfilment", "CONSUMER"),
    ("fulfilment", "CLIENT"),
    ("ingress", "SERVER"),
    ("billing", "SERVER"),
    ("billing", "CLIENT"),
    ("analytics", "SERVER"),
    ("analytics", "CLIENT"),
}
EVENTS = 3
"""Events of an order that ends well."""


class Caller:
    """A caller that decides on the spans of its requests."""

    def __init__(self, *, sampled: bool = True) -> None:
        self.trace, self.span = secrets.token_hex(16), secrets.token_hex(8)
        self.traceparent = f"00-{self.trace}-{self.span}-{'01' if sampled else '00'}"
        self.request = f"trace-{uuid.uuid4().hex[:8]}"


def of(spans: Sequence[Span], service: str, kind: str) -> list[Span]:
    return [span for span in spans if (span.service, span.kind) == (service, kind)]


def is_whole(spans: Sequence[Span]) -> bool:
    """Says whether the spans of an order that ended well have come, to the last one in a database."""
    done = [span for span in of(spans, "fulfilment", "CONSUMER") if not span.failed]
    served = of(spans, "analytics", "SERVER")
    return len(done) == len(served) == EVENTS and {(span.service, span.kind) for span in spans} == OF_AN_ORDER


def test_a_service_that_is_called_has_its_span_and_its_sql_within_those_of_its_callers(
    stack: Stack, token: str
) -> None:
    request = str(uuid.uuid4())
    answer = stack.request("GET", "/users/123", token=token, headers={"X-Request-Id": request})
    assert answer.status == 200
    assert answer.headers["x-request-id"] == request, "Envoy's tracing changes no digit of it"
    spans = collected(stack, request, complete=lambda spans: bool(of(spans, "users", "CLIENT")))

    (sql,) = of(spans, "users", "CLIENT")
    assert way_up(sql, spans) == [
        "users CLIENT",
        "users SERVER",
        "ingress SERVER",
        "orchestrator CLIENT",
        "orchestrator SERVER",
        "gateway SERVER",
    ]
    assert len(spans) == 6
    assert answer.headers["traceparent"].split("-")[1] == sql.trace_id
    assert sql.attributes["db.system.name"] == "postgresql"
    assert not [span for span in spans if span.failed]
    assert outside_their_parents(spans) == []
    names = {span.service: span.name for span in spans if span.kind == "SERVER"}
    assert names["gateway"] == names["orchestrator"] == "GET /users/{userId}"
    assert names["users"] == "GET /users/{user_id}"


def test_an_order_is_one_trace_with_a_retry_and_an_error(stack: Stack, anna: Customer) -> None:
    caller, product = Caller(), anna.product()
    assert stack.run("stop", "billing").code == 0
    try:
        order = anna.placed(product, X_Request_Id=caller.request, Traceparent=caller.traceparent)
        failed = eventually(
            lambda: [span for span in of(kept(stack, order), "fulfilment", "CONSUMER") if span.failed],
            what="a failure of fulfilment",
        )
    finally:
        assert stack.run("start", "billing").code == 0
    anna.settled(order)
    spans = collected(stack, order, complete=is_whole)

    # Parents: one trace, of which every span hangs on the caller's.
    assert {span.trace_id for span in spans} == {caller.trace}
    assert {(span.service, span.kind) for span in spans} == OF_AN_ORDER
    (gateway,), (orders,) = of(spans, "gateway", "SERVER"), of(spans, "orders", "SERVER")
    assert (gateway.parent_id, orders.parent_id) == (caller.span, gateway.span_id)
    assert missing_parents(spans) == []
    assert outside_their_parents(spans) == []
    assert {span.request_id for span in spans if span.kind != "CLIENT"} == {caller.request}
    way = ["analytics CLIENT", "analytics SERVER", "ingress SERVER", "fulfilment CLIENT", "fulfilment CONSUMER"]
    for sql in of(spans, "analytics", "CLIENT"):
        assert way_up(sql, spans)[:5] == way
    assert {span.parent_id for span in of(spans, "relay", "PRODUCER")} == {
        span.span_id for span in of(spans, "relay", "CONSUMER")
    }

    # Links: from the outbox to what wrote it, from the queue to what sent to the bus.
    known = {(span.trace_id, span.span_id) for span in spans}
    sent = {span.event_id: span for span in of(spans, "relay", "PRODUCER")}
    assert len(sent) == EVENTS
    for relayed in of(spans, "relay", "CONSUMER"):
        assert relayed.links == ((caller.trace, relayed.parent_id),)
        assert set(relayed.links) <= known
    for message in of(spans, "fulfilment", "CONSUMER"):
        assert message.links == ((caller.trace, sent[message.event_id].span_id),)

    # A retry: of the message, which has a span each time, and of the call within.
    tries = [span for span in of(spans, "fulfilment", "CONSUMER") if span.event_id == failed[0].event_id]
    assert len({span.attributes["messaging.message.id"] for span in tries}) == 1
    assert [span.attributes["crosscloud.receives"] for span in tries] == list(range(1, len(tries) + 1))
    assert [span.failed for span in tries] == [True] * (len(tries) - 1) + [False]
    of_first = [span for span in of(spans, "fulfilment", "CLIENT") if span.parent_id == tries[0].span_id]
    calls = [span for span in of_first if span.attributes.get("service.peer.name") == "billing"]
    assert [span.attributes.get("http.request.resend_count", 0) for span in calls] == list(range(len(calls)))
    assert len(calls) > 1

    # An error: where it was, and up to the message.
    assert all(span.failed and span.attributes["http.response.status_code"] == 503 for span in calls)
    refused = [span for span in of(spans, "ingress", "SERVER") if span.parent_id in {call.span_id for call in calls}]
    assert len(refused) == len(calls)
    assert all(span.failed for span in refused)

    # Log lines name spans, and the parents of these.
    by_id = {span.span_id: span for span in spans}
    lines = [line for line in stack.logs(caller.request) if "span_id" in line]
    assert {line["service"] for line in lines} == {service for service, _ in OF_AN_ORDER}
    for line in lines:
        assert by_id[line["span_id"]].parent_id == line["parent_id"], line


def test_what_nobody_wants_to_record_leaves_no_span_and_keeps_its_id(stack: Stack, token: str) -> None:
    plain, caller = str(uuid.uuid4()), Caller(sampled=False)
    for request, traceparent in ((plain, caller.traceparent), (caller.request, caller.traceparent)):
        headers = {"X-Request-Id": request, "traceparent": traceparent}
        answer = stack.request("GET", "/users/123", token=token, headers=headers)
        assert (answer.status, answer.headers["x-request-id"]) == (200, request)
        assert answer.headers["traceparent"].split("-")[1:4:2] == [caller.trace, "00"]
    recorded = str(uuid.uuid4())  # what is sent later has come: so would have been what was sent before
    assert stack.request("GET", "/users/123", token=token, headers={"X-Request-Id": recorded}).status == 200
    collected(stack, recorded, complete=lambda spans: bool(of(spans, "users", "CLIENT")))
    assert kept(stack, caller.trace) == kept(stack, plain) == kept(stack, caller.request) == []


@pytest.mark.parametrize("request_id", [str(uuid.UUID(int=7)), "order-demo-1"])
def test_a_sampled_request_keeps_its_id_and_has_its_spans_whatever_the_id_looks_like(
    stack: Stack, token: str, request_id: str
) -> None:
    caller = Caller()
    headers = {"X-Request-Id": request_id, "traceparent": caller.traceparent}
    answer = stack.request("GET", "/users/123", token=token, headers=headers)
    assert answer.headers["x-request-id"] == request_id
    spans = collected(stack, caller.trace, complete=lambda spans: bool(of(spans, "users", "CLIENT")))
    assert {span.service for span in spans} == {"gateway", "orchestrator", "ingress", "users"}


def test_the_parts_of_an_answer_are_spans_of_the_one_request(stack: Stack) -> None:
    caller, parts = Caller(), len(services_of("getOverview"))
    everything = stack.token(scope=all_scopes())
    answer = stack.request("GET", "/users/123/overview", token=everything, headers={"traceparent": caller.traceparent})
    assert answer.status == 200
    spans = collected(stack, caller.trace, complete=lambda spans: len(of(spans, "orchestrator", "INTERNAL")) == parts)
    (whole,) = of(spans, "orchestrator", "SERVER")
    of_parts = of(spans, "orchestrator", "INTERNAL")
    assert {part.parent_id for part in of_parts} == {whole.span_id}
    assert {call.parent_id for call in of(spans, "orchestrator", "CLIENT")} == {part.span_id for part in of_parts}


def test_the_command_prints_a_trace_by_each_of_its_ids(stack: Stack, anna: Customer) -> None:
    caller = Caller()
    order = anna.placed(anna.product(), X_Request_Id=caller.request, Traceparent=caller.traceparent)
    anna.settled(order)
    collected(stack, order, complete=is_whole)
    printed = [stack.run("trace", id_) for id_ in (caller.request, caller.trace, order)]
    assert [done.code for done in printed] == [0, 0, 0]
    assert len({done.out for done in printed}) == 1
    first, _, *rows = printed[0].out.splitlines()
    assert first.startswith(f"trace {caller.trace}: {len(rows)} spans in ")
    assert "server POST /orders 201" in rows[0]
    documents = [json.loads(line) for line in stack.run("trace", order, "--json").out.splitlines()]
    assert len(documents) == len(rows)
    assert {document["trace_id"] for document in documents} == {caller.trace}

    unknown = stack.run("trace", "nobody-has-this-id")
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err.startswith("No span has the id 'nobody-has-this-id'")


def test_console_and_collector_take_little(stack: Stack) -> None:
    (collector,) = [process for process in stack.processes() if process.cmdline()[1:3] == ["-m", "telemetry"]]
    with console(stack) as page:
        page.get("/")
        both = (collector, page.process)
        assert sum(map(memory, both)) < MOST_MEMORY
        assert idles(*both)
