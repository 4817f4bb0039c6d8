"""The gateway's event (payload format 2.0) as a typed request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.contract import ijson
from app.contract.operation import Operation
from app.contract.problems import MALFORMED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, ProblemError, invalid
from app.edge import validation, validators

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the operation takes, checked against the contract. `body` is None where it takes none."""

    path: Mapping[str, str]
    body: Any


def headers(event: Event) -> dict[str, str]:
    """Names in lower case. Several values of one name are joined by commas, as the gateway does."""
    given = event.get("headers")
    return {name.lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def read(event: Event, operation: Operation) -> Request:
    """Raises ProblemError: 400, 413, 415 for a body that can't be read, 422 with every violation of the contract."""
    path: dict[str, str] = event.get("pathParameters") or {}
    body = None
    violations = []
    if validator := validators.PATH.get(operation.operation_id):
        violations += validation.of_parameters(validator, path)
    if operation.max_body is not None:
        body = ijson.parse(_body(event, operation.max_body))
        if validator := validators.BODY.get(operation.operation_id):
            violations += validation.of_body(validator, body)
    if violations:
        raise invalid(violations)
    return Request(path=path, body=body)


def _body(event: Event, limit: int) -> bytes:
    text: str = event.get("body") or ""
    if len(text) > (limit * 4 // 3 + 4 if event.get("isBase64Encoded") else limit):
        raise _too_large(limit)
    try:
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError:  # no base64, or a surrogate, which UTF-8 does not have
        raise ProblemError(MALFORMED, "The body is not in its encoding.") from None
    if len(raw) > limit:
        raise _too_large(limit)
    if not raw:
        raise ProblemError(MALFORMED, "The operation needs a JSON body.")
    if not _is_json(headers(event).get("content-type", "")):
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: application/json.")
    return raw


def _too_large(limit: int) -> ProblemError:
    return ProblemError(TOO_LARGE, f"The operation takes a body of at most {limit} bytes.")


def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [text.removeprefix("charset=").strip('"') for text in parameters if text.startswith("charset=")]
    return media_type == "application/json" and set(charsets) <= {"utf-8"}
