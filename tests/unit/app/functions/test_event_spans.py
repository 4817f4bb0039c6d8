"""The spans of an order's events, from the outbox over the bus and the queue: parents and links, tries and failures."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.functions.fulfilment import handler as fulfilment
from app.functions.kit import environment, tracing
from app.functions.relay import handler as relay
from tests.support.otlp import Collector, Span, collector
from tests.support.shop import Context

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def otlp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.endpoint)
        yield made


@pytest.fixture
def records(shop: Any, otlp: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Returns the records of two sampled orders and of one that is not, for the relay that is set up."""
    relay.assembled.cache_clear()
    monkeypatch.setenv("EVENT_BUS", shop.names["bus"])
    letters = shop.sqs.create_queue(QueueName=f"{shop.names['bus']}-letters")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", letters)
    for flag in ("01", "01", "00"):
        headers = {"x-request-id": "the-request", "traceparent": f"00-{TRACE}-{CALLER}-{flag}"}
        assert shop.order({shop.product(): 1}, headers=headers).status == 201
    shop._read_stream()
    yield shop.records
    spans = relay.assembled().spans
    assert spans is not None
    spans.close()
    relay.assembled.cache_clear()


def creators(records: list[dict[str, Any]]) -> list[str]:
    """Returns the ids of the spans that have written the sampled events."""
    images = [record["dynamodb"]["NewImage"] for record in records]
    documents = [json.loads(image["document"]["S"]) for image in images if "document" in image]
    traces = [document["traceparent"].split("-") for document in documents if document["type"] == "order.placed"]
    return [span for _, _, span, flag in traces if flag == "01"]


def of(spans: list[Span], kind: str) -> list[Span]:
    return [span for span in spans if span.kind == kind]


def test_the_relay_takes_each_sampled_event_and_sends_it(records, otlp) -> None:
    relay.handler({"Records": records}, Context())
    taken, sent = of(otlp.spans, "CONSUMER"), of(otlp.spans, "PRODUCER")

    assert len(otlp.spans) == 4, "the third order is not sampled"
    assert {span.trace_id for span in otlp.spans} == {TRACE}
    assert [span.parent_id for span in taken] == creators(records)
    assert [span.links for span in taken] == [((TRACE, parent),) for parent in creators(records)]
    assert [span.parent_id for span in sent] == [span.span_id for span in taken]
    assert {span.attributes["messaging.batch.message_count"] for span in taken} == {3}
    assert {span.attributes["crosscloud.request_id"] for span in otlp.spans} == {"the-request"}
    assert not any(span.failed for span in otlp.spans)


def test_a_batch_that_the_bus_does_not_take_has_spans_that_failed(records, otlp, monkeypatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ConnectionError("no bus")

    monkeypatch.setattr(type(relay.assembled().publisher), "publish", refused)
    with pytest.raises(ConnectionError):
        relay.handler({"Records": records}, Context())
    assert [(span.kind, span.failed, span.attributes["error.type"]) for span in otlp.spans] == [
        ("CONSUMER", True, "ConnectionError")
    ] * 2


def test_each_try_of_a_message_has_a_span_that_is_linked_to_how_it_was_sent(shop, records, otlp, monkeypatch) -> None:
    relay.handler({"Records": records}, Context())
    sent = {span.attributes["crosscloud.event_id"]: span for span in of(otlp.spans, "PRODUCER")}
    otlp.spans.clear()
    settings = environment.read(os.environ, "fulfilment", needed=())
    spans = tracing.spans(settings, settings.log())
    consumer = dataclasses.replace(
        shop.consumer(), spans=spans, queue=SimpleNamespace(url=shop.queue, postpone=shop.postpone)
    )
    monkeypatch.setattr(fulfilment, "assembled", lambda: consumer)
    messages = shop.sqs.receive_message(QueueUrl=shop.queue, MaxNumberOfMessages=10)["Messages"]
    (body,) = [m["Body"] for m in messages if json.loads(m["Body"])["detail"]["id"] == next(iter(sent))]
    shop.services.down = {"billing"}
    for receives in (1, 2):
        attributes = {"ApproximateReceiveCount": str(receives)}
        record = {"messageId": "m1", "receiptHandle": "handle", "body": body, "attributes": attributes}
        fulfilment.handler({"Records": [record]}, Context())
        shop.services.down = set()
    spans.close()

    first, second = of(otlp.spans, "CONSUMER")
    assert (first.failed, second.failed) == (True, False)
    assert first.span_id != second.span_id
    for number, span in enumerate((first, second), 1):
        event_id = span.attributes["crosscloud.event_id"]
        assert span.links == ((TRACE, sent[event_id].span_id),)
        assert span.attributes["messaging.message.id"] == "m1"
        assert span.attributes["crosscloud.receives"] == number
        assert span.parent_id in creators(records)
