"""Spans as OTLP/JSON, and the one request that sends them.

It is imported only where there is a collector. The packages of OpenTelemetry would take fifty times as long to import,
which every cold start would pay: docs/decisions/0027-one-trace.md.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from app.contract.conventions import SCHEMA_URL, TRACES

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(1, 6)
"""The kinds of spans."""
_ERROR = 2
"""The status of a span whose work has failed."""
_SAMPLED, _HAS_REMOTE, _IS_REMOTE = 0x1, 0x100, 0x200
"""Bits of a span's flags. The second one says that the third one is known."""
_LONGEST_ANSWER = 64 * 1024
"""Bytes of a collector's answer that are read."""

Value = str | bool | int | float | list[str]
Ids = tuple[str, str]
"""Trace id and span id, in hexadecimal digits."""


class Span(NamedTuple):
    """A piece of work that has ended. Times are nanoseconds since 1970."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    """The span of which this is a part; empty in a new trace."""
    started: int
    ended: int
    attributes: Mapping[str, Value]
    links: tuple[Ids, ...] = ()
    """Spans that have led to this one in another way than by a call."""
    error: str | None = None
    """The kind of error with which it ended: a status or a class. None for none."""
    tracestate: str = ""


class CollectorError(Exception):
    """The collector has not taken the spans. The message says why, and holds nothing of the headers."""


def encoded(resource: Mapping[str, Value], spans: Iterable[Span]) -> bytes:
    """Returns the body of one request. `resource` describes what the spans come from."""
    scope = {"scope": {"name": "app.functions.kit"}, "spans": [_span(span) for span in spans]}
    group = {"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope], "schemaUrl": SCHEMA_URL}
    return json.dumps({"resourceSpans": [group]}, separators=(",", ":"), default=str).encode()


def _span(span: Span) -> dict[str, Any]:
    error = span.error
    attributes = {**span.attributes, "error.type": error} if error else span.attributes
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "traceState": span.tracestate,
        "flags": _SAMPLED | _HAS_REMOTE | (_IS_REMOTE if span.kind in (SERVER, CONSUMER) else 0),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.started),
        "endTimeUnixNano": str(span.ended),
        "attributes": _attributes(attributes),
        "links": [{"traceId": trace, "spanId": id_, "flags": _SAMPLED} for trace, id_ in span.links],
        "status": {"code": _ERROR} if error else {},
    }


def _attributes(values: Mapping[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(each) for each in value]}}
        case _:
            return {"stringValue": str(value)}


class Sender:
    """The connection to the collector, which is kept: Lambda may freeze it for hours, and the other side close it."""

    def __init__(self, endpoint: str) -> None:
        """Takes the collector's base URL, to which OTLP's path is added."""
        parts = urlsplit(endpoint)
        self._host, self._port = parts.hostname or "", parts.port
        self._is_plain = parts.scheme == "http"
        self._path = parts.path.rstrip("/") + TRACES
        self._connection: http.client.HTTPConnection | None = None

    def send(self, body: bytes, headers: Mapping[str, str], *, timeout: float) -> None:
        """Sends spans, a second time where a kept connection was closed. `timeout` in seconds is of each step.

        Raises CollectorError.
        """
        kept = self._connection is not None
        try:
            status = self._exchange(body, headers, timeout)
        except (ConnectionError, http.client.RemoteDisconnected, http.client.CannotSendRequest) as error:
            self.close()
            if not kept:
                raise CollectorError(type(error).__name__) from error
            status = self._again(body, headers, timeout)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise CollectorError(type(error).__name__) from error
        if status != http.client.OK:
            raise CollectorError(f"it answered {status}")

    def close(self) -> None:
        """Closes the connection. The next message opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _again(self, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        try:
            return self._exchange(body, headers, timeout)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise CollectorError(type(error).__name__) from error

    def _exchange(self, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        connection = self._connection = self._connection or self._opened(timeout)
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        connection.request("POST", self._path, body, {"content-type": "application/json", **headers})
        response = connection.getresponse()
        if len(response.read(_LONGEST_ANSWER)) == _LONGEST_ANSWER or response.will_close:
            self.close()
        return response.status

    def _opened(self, timeout: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPConnection if self._is_plain else http.client.HTTPSConnection
        return kind(self._host, self._port, timeout=timeout)
