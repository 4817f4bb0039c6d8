"""A span as the collector keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.contract.conventions import EVENT_ID, ORDER_ID, REQUEST_ID

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
"""The kinds of OTLP by their numbers."""
_OF_ENVOY = {
    "http.method": "http.request.method",
    "http.status_code": "http.response.status_code",
    "http.url": "url.full",
    "user_agent": "user_agent.original",
    "guid:x-request-id": REQUEST_ID,
}
"""Names that Envoy still uses, and those that took their place."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A piece of work. Ids are hexadecimal, `parent_id` is empty in a new trace, times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    kind: str
    """One of KINDS."""
    began: int
    ended: int
    failed: bool
    attributes: Mapping[str, Any]
    links: tuple[tuple[str, str], ...]
    """Trace id and span id of spans that have led to this one in another way than by a call."""
    resource: Mapping[str, Any]

    @property
    def request_id(self) -> str:
        """The `X-Request-Id` of the request that it belongs to; empty where the span does not say it."""
        value = self.attributes.get(REQUEST_ID) or self.attributes.get("http.request.header.x-request-id", "")
        return str(value[0] if isinstance(value, list) and value else value)

    @property
    def order_id(self) -> str:
        return str(self.attributes.get(ORDER_ID, ""))

    @property
    def event_id(self) -> str:
        return str(self.attributes.get(EVENT_ID, ""))

    def document(self) -> dict[str, Any]:
        """Returns the span as JSON has it."""
        return {**asdict(self), "attributes": dict(self.attributes), "resource": dict(self.resource)}


def by_conventions(span: Span) -> Span:
    """Returns the span with the names of the conventions in the place of Envoy's own."""
    if not _OF_ENVOY.keys() & span.attributes.keys():
        return span
    attributes = {_OF_ENVOY.get(name, name): value for name, value in span.attributes.items()}
    if "url.full" in attributes:  # a query may hold personal data
        attributes["url.full"] = str(attributes["url.full"]).partition("?")[0]
    status = str(attributes.get("http.response.status_code", ""))
    if status.isdigit():
        attributes["http.response.status_code"] = int(status)
    failed = span.failed or (status.isdigit() and int(status) >= 500)
    return Span(**{**vars(span), "attributes": attributes, "failed": failed})
