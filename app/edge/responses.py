"""What the function answers to the gateway: only what is listed here leaves the system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.contract import problems
from app.contract.correlation import Correlation
from app.contract.problems import INTERNAL, ProblemError

Response = dict[str, Any]

PASSED = ("cache-control", "etag")
"""Headers of a service that callers get."""


def content(status: int, media_type: str, body: str, headers: Mapping[str, str]) -> Response:
    """An answer of a service."""
    passed = {name: headers[name] for name in PASSED if name in headers}
    return {"statusCode": status, "headers": {"content-type": media_type, **passed}, "body": body}


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
