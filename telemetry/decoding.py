"""Reads messages of OTLP over HTTP: protobuf of services and Envoys, JSON of functions."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from telemetry.span import KINDS, Span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_ERROR = ("STATUS_CODE_ERROR", 2)


class MessageError(ValueError):
    """A message is not what OTLP says."""


def decoded(body: bytes, media_type: str) -> list[Span]:
    """Returns the spans of a message. Raises MessageError."""
    try:
        message = _protobuf(body) if media_type == PROTOBUF else json.loads(body)
        return list(_spans(message, hexadecimal=media_type == JSON))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise MessageError(f"It is no OTLP of {media_type}: {error!r}") from error


def _protobuf(body: bytes) -> Any:
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - not before somebody sends such a message
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    try:
        return MessageToDict(ExportTraceServiceRequest.FromString(body))
    except DecodeError as error:
        raise ValueError(str(error)) from error


def _spans(message: Any, *, hexadecimal: bool) -> Iterator[Span]:
    for group in message.get("resourceSpans", ()):
        resource = _attributes(group.get("resource", {}))
        for scope in group.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                yield _span(span, resource, hexadecimal=hexadecimal)


def _span(span: Any, resource: dict[str, Any], *, hexadecimal: bool) -> Span:
    def id_(value: str) -> str:
        text = value if hexadecimal else base64.b64decode(value).hex()
        int(text or "0", 16)
        return text.lower()

    kind = span.get("kind", 0)
    return Span(
        trace_id=id_(span["traceId"]),
        span_id=id_(span["spanId"]),
        parent_id=id_(span.get("parentSpanId", "")),
        service=str(resource.get("service.name", "?")),
        name=str(span.get("name", "")),
        kind=KINDS[kind] if isinstance(kind, int) else str(kind).removeprefix("SPAN_KIND_"),
        began=int(span["startTimeUnixNano"]),
        ended=int(span["endTimeUnixNano"]),
        failed=span.get("status", {}).get("code") in _ERROR,
        attributes=_attributes(span),
        links=tuple((id_(link["traceId"]), id_(link["spanId"])) for link in span.get("links", ())),
        resource=resource,
    )


def _attributes(holder: Any) -> dict[str, Any]:
    return {str(each["key"]): _value(each.get("value", {})) for each in holder.get("attributes", ())}


def _value(value: dict[str, Any]) -> Any:
    for kind, content in value.items():
        match kind:
            case "intValue":
                return int(content)
            case "arrayValue":
                return [_value(each) for each in content.get("values", ())]
            case "kvlistValue":
                return {each["key"]: _value(each["value"]) for each in content.get("values", ())}
            case _:
                return content
    return None
