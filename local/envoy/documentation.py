"""Pages that the public endpoint answers itself, with headers that let them load and call nothing but this endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.desired import Object
from local.envoy import parts
from local.envoy.parts import Json

LARGEST = 4 << 20
"""Bytes of a page; Swagger UI's script has 1.7 MB."""
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""https://www.w3.org/TR/CSP3/#csp-directives"""
_HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def routes(pages: Mapping[str, Object]) -> Iterator[Json]:
    """A file is read by Envoy when it takes the routes, and again when they change."""
    for path, page in pages.items():
        body = {"filename": page["file"]} if "file" in page else {"inline_string": page["text"]}
        caching = "max-age=86400" if "file" in page else "no-store"
        headers = {**_HEADERS, "content-type": page["type"], "cache-control": caching}
        reading = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
        yield {
            "name": "documentation",
            "match": {"path": path, "headers": [reading]},
            "direct_response": {"status": 200, "body": body},
            "response_headers_to_add": [parts.header(name, value) for name, value in headers.items()],
        }


def reply() -> Json:
    """How the listener must treat these answers, which it would write over like its errors: it gives the charset only.

    The type has to be changed here, or Envoy takes the body's format for it, which is plain text.
    """
    status: Any = {"op": "EQ", "value": {"default_value": 200, "runtime_key": "reply.200"}}
    return {
        "filter": {"status_code_filter": {"comparison": status}},
        "headers_to_add": [parts.header("content-type", "%RESP(CONTENT-TYPE)%; charset=utf-8")],
        "body_format_override": {"text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"}},
    }
