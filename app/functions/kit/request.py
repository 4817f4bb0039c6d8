"""Reads the gateway's event (payload format 2.0) and checks it against the contract.

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
    in_parameters,
    invalid,
)
from app.contract.validator import Validator
from app.functions.kit.violations import of_body, of_parameters

Event = Mapping[str, Any]
Headers = Mapping[str, str]

CONDITIONS = ("If-Match", "If-None-Match", "If-Unmodified-Since")
"""The headers by which a caller makes a change conditional."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
"""An integer as JSON writes it, short enough for 64 bits."""


class Validators(Protocol):
    """A generated module with the validators of the operations that have parameters or a body, by operation id."""

    PARAMETERS: dict[str, Validator]
    BODY: dict[str, Validator]


@dataclass(frozen=True, kw_only=True)
class Request:
    """The parts of a request that the operation takes, checked against the contract."""

    parameters: Mapping[str, Any]
    """The parameters that were sent, by name, wherever they were. Integers of the query are integers."""
    body: Any = None
    """The value of the JSON text `raw`; None where the operation takes no body."""
    raw: bytes = b""
    """The body as it was sent."""

    def get(self, source: Source) -> Any:
        """Returns the value that is in this place of the request; None if it was not sent."""
        return self.body.get(source.name) if source.place == "body" else self.parameters.get(source.name)


def headers(event: Event) -> dict[str, str]:
    """Returns the event's headers by their names in lower case. The gateway has joined several values by commas."""
    given = event.get("headers")
    return {name.lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def read(event: Event, headers: Headers, operation: Operation, validators: Validators) -> Request:
    """Returns what the operation takes of the event. `headers` are the event's, by lower-case names.

    Raises ProblemError: 400, 413, 415 for a body that can't be read, 422 for violations of the contract.
    """
    raw, body = b"", None
    if operation.max_body is not None:
        raw = _body(event, headers, operation.max_body)
        body = ijson.parse(raw)
    query: Mapping[str, str] = event.get("queryStringParameters") or {}
    parameters = _parameters(event, headers, query, operation)
    violations: list[Violation] = _unknown_conditions(headers, operation)
    if operation.operation_id in validators.PARAMETERS:
        violations += of_parameters(validators.PARAMETERS[operation.operation_id], parameters)
    violations += [
        in_parameters(name, "is not a parameter of the query") for name in query if name not in operation.query
    ]
    faults = validators.BODY[operation.operation_id](body) if operation.operation_id in validators.BODY else ()
    if violations or faults:
        raise invalid(violations + of_body(faults), total=len(violations) + len(faults))
    return Request(parameters=parameters, body=body, raw=raw)


def _unknown_conditions(headers: Headers, operation: Operation) -> list[Violation]:
    """Returns a violation for each condition on a change that the operation does not know.

    A change that its caller makes conditional is never made without looking at the condition
    (https://www.rfc-editor.org/rfc/rfc9110#section-13.2.1).
    """
    if operation.method == "GET":
        return []
    names = [name for name in CONDITIONS if name.lower() in headers and name.lower() not in operation.headers]
    return [in_parameters(name, "is no condition of this operation") for name in names]


def _parameters(event: Event, headers: Headers, query: Mapping[str, str], operation: Operation) -> dict[str, Any]:
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
        if name in headers:
            parameters[declared] = headers[name]
    return parameters


def _body(event: Event, headers: Headers, limit: int) -> bytes:
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
    content_type = headers.get("content-type", "")
    if content_type != "application/json" and not _is_json(content_type):
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: application/json.")
    return raw


def _too_large(limit: int) -> ProblemError:
    return ProblemError(TOO_LARGE, f"The operation takes a body of at most {limit} bytes.")


def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [text.removeprefix("charset=").strip('"') for text in parameters if text.startswith("charset=")]
    return media_type == "application/json" and set(charsets) <= {"utf-8"}
