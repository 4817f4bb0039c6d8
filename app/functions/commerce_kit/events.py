"""The log lines of events."""

from __future__ import annotations

from app.commerce.domain.events import Event
from app.contract.correlation import accept
from app.functions.kit.logs import LogEntry


def describe(entry: LogEntry, event: Event) -> None:
    """Makes a log line tell of an event, as a part of the request that caused it."""
    entry.correlation = accept(event.request_id, event.traceparent)
    entry.fields |= {"type": event.type, "event_id": event.id, "order_id": event.order_id}
