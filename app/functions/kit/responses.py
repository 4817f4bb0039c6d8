"""The answers of functions to the gateway. Of a service's headers only those that are listed here leave the system."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.contract import problems
from app.contract.correlation import Correlation
from app.contract.problems import INTERNAL, ProblemError

Response = dict[str, Any]
"""An answer by payload format 2.0: `statusCode`, `headers`, `body`
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)."""
JSON = "application/json"

PASSED = {
    "cache-control": re.compile(r"[\x20-\x7e]{1,256}"),
    "etag": re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,256}"'),
    "location": re.compile(r"/(?![/\\])[\x21-\x7e]{0,1024}"),  # a path: never another host
    "retry-after": re.compile(r"[0-9]{1,3}"),
}
"""The headers of a service that callers get, where they have this form."""


def content(status: int, media_type: str, body: str, headers: Mapping[str, str]) -> Response:
    """Returns the answer that has the body of a service's answer, and what may be passed on of its headers."""
    return {"statusCode": status, "headers": {"content-type": media_type, **_passed(headers)}, "body": body}


def empty(status: int, headers: Mapping[str, str]) -> Response:
    """Returns the answer of a service that has no content, with what may be passed on of its headers."""
    return {"statusCode": status, "headers": _passed(headers), "body": ""}


def document(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    """Returns the answer with a JSON value as its body."""
    return {"statusCode": status, "headers": {"content-type": JSON, **(headers or {})}, "body": json.dumps(value)}


def no_content() -> Response:
    """Returns the answer 204."""
    return {"statusCode": 204, "headers": {}, "body": ""}


def problem(error: ProblemError, correlation: Correlation) -> Response:
    """Returns the answer with a problem document."""
    body = problems.document(error.kind, error.detail, request_id=correlation.request_id, errors=error.errors)
    return {
        "statusCode": error.kind.status,
        "headers": {"content-type": problems.MEDIA_TYPE, **error.headers},
        "body": body,
    }


def internal_error(correlation: Correlation) -> Response:
    """Returns the answer for an unexpected failure, which tells nothing of it."""
    detail = "The request could not be handled. Name the request_id when you report it."
    return problem(ProblemError(INTERNAL, detail), correlation)


def finished(response: Response, correlation: Correlation) -> Response:
    """Adds the headers that every answer has, and returns the answer."""
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
