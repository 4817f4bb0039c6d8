"""The log lines of events, and the ids by which their spans know each other."""

from __future__ import annotations

import hashlib

from app.commerce.domain.events import Event
from app.contract.correlation import accept
from app.functions.kit.logs import LogEntry


def describe(entry: LogEntry, event: Event) -> None:
    """Makes a log line tell of an event, as a part of the request that caused it."""
    entry.correlation = accept(event.request_id, event.traceparent)
    entry.fields |= {"type": event.type, "event_id": event.id, "order_id": event.order_id}


def sending_span_id(event_id: str) -> str:
    """Returns the id of the span by which the relay sends an event to the bus.

    It follows from the event's id, so that a consumer can link to it: the event's text is stored, and checked, before
    anybody sends it. An event that is sent again has the same span, the last one that came.
    """
    return hashlib.sha256(f"send {event_id}".encode()).hexdigest()[:16]
