"""What the function answers to the gateway: only what is listed here leaves the system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.contract import problems
from app.contract.correlation import Correlation
from app.contract.problems import INTERNAL, ProblemError

Response = dict[str, Any]

PASSED = {
    "cache-control": re.compile(r"[\x20-\x7e]{1,256}"),
    "etag": re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,256}"'),
    "location": re.compile(r"/(?![/\\])[\x21-\x7e]{0,1024}"),  # a path: never another host
    "retry-after": re.compile(r"[0-9]{1,3}"),
}
"""Headers of a service that callers get, where they have this form."""


def content(status: int, media_type: str, body: str, headers: Mapping[str, str]) -> Response:
    """An answer of a service."""
    return {"statusCode": status, "headers": {"content-type": media_type, **_passed(headers)}, "body": body}


def empty(status: int, headers: Mapping[str, str]) -> Response:
    """An answer of a service that has no content."""
    return {"statusCode": status, "headers": _passed(headers), "body": ""}


def problem(error: ProblemError, correlation: Correlation) -> Response:
    body = problems.document(error.kind, error.detail, request_id=correlation.request_id, errors=error.errors)
    return {
        "statusCode": error.kind.status,
        "headers": {"content-type": problems.MEDIA_TYPE, **error.headers},
        "body": body,
    }


def internal_error(correlation: Correlation) -> Response:
    detail = "The request could not be handled. Name the request_id when you report it."
    return problem(ProblemError(INTERNAL, detail), correlation)


def finished(response: Response, correlation: Correlation) -> Response:
    """With the headers that every answer has."""
    response["headers"] = {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **response["headers"],
        "x-request-id": correlation.request_id,
        "traceparent": correlation.traceparent,
    }
    return response


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name, form in PASSED.items() if name in headers and form.fullmatch(headers[name])}
