"""The gateway's event (payload format 2.0) as a typed request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.contract import ijson
from app.contract.operation import Operation, Source
from app.contract.problems import (
    MALFORMED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemError,
    Violation,
    invalid,
)
from app.functions.kit import validation
from app.functions.kit.validation import Validator

Event = Mapping[str, Any]
Headers = Mapping[str, str]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
"""As in JSON, and short enough for 64 bits."""


class Validators(Protocol):
    """A generated module: by operation id, where there is something to check."""

    PARAMETERS: dict[str, Validator]
    BODY: dict[str, Validator]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the operation takes, checked against the contract.

    `parameters` are those that were sent, by name, wherever they were; integers of the query are integers. `body` is
    the value of the JSON text `raw`; None and empty where the operation takes none.
    """

    parameters: Mapping[str, Any]
    body: Any = None
    raw: bytes = b""

    def get(self, source: Source) -> Any:
        """The value, None if it was not sent."""
        return self.body.get(source.name) if source.place == "body" else self.parameters.get(source.name)


def headers(event: Event) -> dict[str, str]:
    """Names in lower case. Several values of one name are joined by commas, as the gateway does."""
    given = event.get("headers")
    return {name.lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def read(event: Event, sent: Headers, operation: Operation, validators: Validators) -> Request:
    """`sent` are the event's `headers`.

    Raises ProblemError: 400, 413, 415 for a body that can't be read, 422 with every violation of the contract.
    """
    raw, body = b"", None
    if operation.max_body is not None:
        raw = _body(event, sent, operation.max_body)
        body = ijson.parse(raw)
    query: Mapping[str, str] = event.get("queryStringParameters") or {}
    parameters = _parameters(event, sent, query, operation)
    violations: list[Violation] = []
    if operation.operation_id in validators.PARAMETERS:
        violations += validation.of_parameters(validators.PARAMETERS[operation.operation_id], parameters)
    violations += [
        {"parameter": name, "detail": "is not a parameter of the query"}
        for name in query
        if name not in operation.query
    ]
    if operation.operation_id in validators.BODY:
        violations += validation.of_body(validators.BODY[operation.operation_id], body)
    if violations:
        raise invalid(violations)
    return Request(parameters=parameters, body=body, raw=raw)


def _parameters(event: Event, sent: Headers, query: Mapping[str, str], operation: Operation) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    path: Mapping[str, str] = event.get("pathParameters") or {}
    for name in operation.path:
        if name in path:
            parameters[name] = path[name]
    if query:
        for name, kind in operation.query.items():
            if name in query:
                text = query[name]
                parameters[name] = int(text) if kind == "integer" and _INTEGER.fullmatch(text) else text
    for name, declared in operation.headers.items():
        if name in sent:
            parameters[declared] = sent[name]
    return parameters


def _body(event: Event, sent: Headers, limit: int) -> bytes:
    text: str = event.get("body") or ""
    encoded = event.get("isBase64Encoded")
    if len(text) > (limit * 4 // 3 + 4 if encoded else limit):
        raise _too_large(limit)
    try:
        raw = base64.b64decode(text, validate=True) if encoded else text.encode()
    except ValueError:  # no base64, or a surrogate, which UTF-8 does not have
        raise ProblemError(MALFORMED, "The body is not in its encoding.") from None
    if len(raw) > limit:
        raise _too_large(limit)
    if not raw:
        raise ProblemError(MALFORMED, "The operation needs a JSON body.")
    content_type = sent.get("content-type", "")
    if content_type != "application/json" and not _is_json(content_type):
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: application/json.")
    return raw


def _too_large(limit: int) -> ProblemError:
    return ProblemError(TOO_LARGE, f"The operation takes a body of at most {limit} bytes.")


def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [text.removeprefix("charset=").strip('"') for text in parameters if text.startswith("charset=")]
    return media_type == "application/json" and set(charsets) <= {"utf-8"}
