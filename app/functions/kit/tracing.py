"""Makes the spans of requests and calls, where there is a collector; what is not sampled costs a comparison."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.contract.correlation import Correlation
from app.functions.kit.calls import Call
from app.functions.kit.environment import Settings
from app.functions.kit.logs import Log, LogEntry

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans


def spans(settings: Settings, log: Log) -> Spans | None:
    """Returns what notes and sends the spans of this environment; None where no collector is named."""
    if not settings.collector:
        return None
    from app.functions.kit.spans import connect  # noqa: PLC0415 - no function without a collector pays for it

    return connect(settings, log, settings.collector)


def request(
    spans: Spans, entry: LogEntry, event: Mapping[str, Any], status: int, aws_request_id: str, *, started: int
) -> None:
    """Notes the span of a request of the HTTP API, which ends now. It has the ids of the request's log line."""
    from app.contract.conventions import ORDER_ID  # noqa: PLC0415
    from app.functions.kit.otlp import SERVER, Value  # noqa: PLC0415

    method, _, route = str(entry.fields["route"]).partition(" ")
    attributes: dict[str, Value] = {
        "http.request.method": method if route else "_OTHER",
        "http.response.status_code": status,
        "url.path": str(event.get("rawPath", "")),
        "url.scheme": "https",
        "faas.trigger": "http",
        "faas.invocation_id": aws_request_id,
        "faas.coldstart": spans.is_cold,
    }
    if route:
        attributes["http.route"] = route
    if "order_id" in entry.fields:
        attributes[ORDER_ID] = str(entry.fields["order_id"])
    name = f"{method} {route}" if route else "HTTP"
    error = str(status) if status >= 500 else None
    spans.add(name, SERVER, entry.correlation, attributes, started=started, error=error)


def attempt(
    spans: Spans,
    call: Call,
    of: Correlation,
    place: tuple[str, int],
    *,
    number: int,
    status: int | None,
    error: str,
    started: int,
) -> None:
    """Notes the span of one attempt of a call of a service through the ingress at `place`, which ends now."""
    from app.functions.kit.otlp import CLIENT, Value  # noqa: PLC0415

    host, port = place
    attributes: dict[str, Value] = {
        "http.request.method": call.method,
        "server.address": host,
        "server.port": port,
        "url.full": f"https://{host}:{port}{call.path.partition('?')[0]}",  # a query may hold personal data
        "service.peer.name": call.upstream,
    }
    if status is not None:
        attributes["http.response.status_code"] = status
    if number > 1:
        attributes["http.request.resend_count"] = number - 1
    spans.add(call.method, CLIENT, of, attributes, started=started, error=error or None)


def part(spans: Spans, name: str, entry: LogEntry, *, started: int, milliseconds: float, failed: bool) -> None:
    """Notes the span of a part of a request: one or several attempts of a call. It has the ids of its log line."""
    from app.functions.kit.otlp import INTERNAL  # noqa: PLC0415

    ended = started + int(milliseconds * 1_000_000)
    spans.add(name, INTERNAL, entry.correlation, {}, started=started, ended=ended, error="failed" if failed else None)


def now() -> int:
    """Returns the nanoseconds since 1970."""
    return time.time_ns()
