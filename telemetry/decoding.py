"""Reads messages of OTLP over HTTP: protobuf of services and Envoys, JSON of functions."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from telemetry.span import KINDS, Span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_ERROR = ("STATUS_CODE_ERROR", 2)
_TRACE_ID, _SPAN_ID = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{16}")
_LATEST = 2**63 - 1
"""Nanoseconds since 1970, in the year 2262: the largest number that the store takes."""
_LONGEST = 300
"""Characters of a reason: some errors hold the whole message."""
_FAILURES = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
"""The ways in which a message of another form fails to be read."""


class MessageError(ValueError):
    """A message is not what OTLP says."""


def decoded(body: bytes, media_type: str) -> list[Span]:
    """Returns the spans of a message. Raises MessageError."""
    try:
        message = _protobuf(body) if media_type == PROTOBUF else _json(body)
        return list(_spans(message, hexadecimal=media_type == JSON))
    except _FAILURES as error:
        raise MessageError(f"It is no OTLP of {media_type}: {repr(error)[:_LONGEST]}") from error


def _json(body: bytes) -> Any:
    message = json.loads(body)
    if b"\\u" in body:  # half of a character can't be stored; UnicodeEncodeError says where it is
        json.dumps(message, ensure_ascii=False).encode()
    return message


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
    def id_(value: str, form: re.Pattern[str]) -> str:
        text = value.lower() if hexadecimal else base64.b64decode(value).hex()
        if not form.fullmatch(text):
            raise ValueError(f"no id: {text[:40]!r}")
        return text

    began, ended = _time(span["startTimeUnixNano"]), _time(span["endTimeUnixNano"])
    parent = span.get("parentSpanId", "")
    kind = span.get("kind", 0)
    return Span(
        trace_id=id_(span["traceId"], _TRACE_ID),
        span_id=id_(span["spanId"], _SPAN_ID),
        parent_id=id_(parent, _SPAN_ID) if parent else "",
        service=str(resource.get("service.name", "?")),
        name=str(span.get("name", "")),
        kind=KINDS[kind] if isinstance(kind, int) else str(kind).removeprefix("SPAN_KIND_"),
        began=began,
        ended=max(began, ended),
        failed=span.get("status", {}).get("code") in _ERROR,
        attributes=_attributes(span),
        links=tuple((id_(link["traceId"], _TRACE_ID), id_(link["spanId"], _SPAN_ID)) for link in span.get("links", ())),
        resource=resource,
    )


def _time(value: int | str) -> int:
    """Returns a time that the store takes. Raises ValueError."""
    number = int(value)
    if not 0 <= number <= _LATEST:
        raise ValueError(f"no time: {str(value)[:40]}")
    return number


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
