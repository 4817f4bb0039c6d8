"""The span of a message of the queue: a part of what the event's `traceparent` names, linked to how it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.contract.conventions import EVENT_ID, ORDER_ID, QUEUE_SYSTEM, RECEIVES
from app.functions.commerce_kit.events import sending_span_id
from app.functions.kit.logs import LogEntry

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

NAME = "process fulfilment"


def consumed(spans: Spans, entry: LogEntry, *, queue: str, done: bool, started: int) -> None:
    """Notes the work on a message, which ends now. Each time that the message is received has a span of its own."""
    spans.current = None
    of = entry.correlation
    if not of.sampled:
        return
    from app.functions.kit.otlp import CONSUMER, Value  # noqa: PLC0415 - it is imported where there are spans

    fields = entry.fields
    attributes: dict[str, Value] = {
        "messaging.system": QUEUE_SYSTEM,
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": queue.rpartition("/")[2],
        "messaging.message.id": str(fields["message_id"]),
        "aws.sqs.queue.url": queue,
        "faas.trigger": "pubsub",
        "faas.coldstart": spans.is_cold,
        RECEIVES: int(str(fields["receives"])),
        EVENT_ID: str(fields["event_id"]),
        ORDER_ID: str(fields["order_id"]),
    }
    links = ((of.trace_id, sending_span_id(str(fields["event_id"]))),)
    spans.add(NAME, CONSUMER, of, attributes, started=started, links=links, error=None if done else "failed")
