"""The spans of events on their way from the outbox to the bus.

An event's own `traceparent` names the span that wrote it. That is the parent of everything that becomes of the event,
and what the conventions call its creation: consumers link to it too
(https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.commerce.domain.events import Event
from app.contract.conventions import BUS_SYSTEM, EVENT_ID, ORDER_ID, STREAM_SYSTEM
from app.contract.correlation import Correlation
from app.functions.commerce_kit.events import describe, sending_span_id
from app.functions.kit.logs import LogEntry

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

STREAM = "orders"
"""The table whose stream is the outbox."""


def relayed(spans: Spans, published: Sequence[LogEntry], bus: str, *, started: int, sent_at: int) -> None:
    """Notes for each event that it was taken from the stream, and within that, that it was sent to the bus."""
    for entry in published:
        of, event_id = entry.correlation, str(entry.fields["event_id"])
        if not of.sampled:
            continue
        sending = of._replace(span_id=sending_span_id(event_id), parent_id=of.span_id)
        _take(spans, entry, count=len(published), started=started)
        from app.functions.kit.otlp import PRODUCER, Value  # noqa: PLC0415 - it is imported where there are spans

        attributes: dict[str, Value] = {
            "messaging.system": BUS_SYSTEM,
            "messaging.operation.type": "send",
            "messaging.operation.name": "PutEvents",
            "messaging.destination.name": bus,
            "messaging.message.id": event_id,
            **_of_event(entry),
        }
        spans.add(f"send {_short(bus)}", PRODUCER, sending, attributes, started=sent_at)


def not_relayed(spans: Spans, documents: Sequence[Mapping[str, Any]], error: Exception, *, started: int) -> None:
    """Notes for each event of a batch that it was taken from the stream, and that the batch has failed."""
    for document in documents:
        entry = LogEntry(correlation=Correlation("", "", ""))
        describe(entry, Event.of(dict(document)))
        _take(spans, entry, count=len(documents), started=started, error=type(error).__name__)


def _take(spans: Spans, entry: LogEntry, *, count: int, started: int, error: str | None = None) -> None:
    from app.functions.kit.otlp import CONSUMER, Value  # noqa: PLC0415 - it is imported where there are spans

    of = entry.correlation
    attributes: dict[str, Value] = {
        "messaging.system": STREAM_SYSTEM,
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": STREAM,
        "messaging.message.id": str(entry.fields["event_id"]),
        "messaging.batch.message_count": count,
        "faas.trigger": "datasource",
        **_of_event(entry),
    }
    links = ((of.trace_id, of.parent_id),)
    spans.add(f"process {STREAM}", CONSUMER, of, attributes, started=started, links=links, error=error)


def _of_event(entry: LogEntry) -> dict[str, str]:
    return {EVENT_ID: str(entry.fields["event_id"]), ORDER_ID: str(entry.fields["order_id"])}


def _short(bus: str) -> str:
    """Returns the name of a bus, which may be given by its ARN."""
    return bus.rpartition("/")[2]
