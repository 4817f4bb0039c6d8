"""Errors as callers see them: problem documents (RFC 9457), the same from every function and every service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

MEDIA_TYPE = "application/problem+json"

Violation = dict[str, str]
"""`pointer` (RFC 6901, into the body) or `parameter` (a name), and `detail`. Never the rejected value."""

LISTED = 100
"""The number of violations that one answer lists at most: it stays small whatever was sent."""
LONGEST_PLACE = 256
"""Bytes of a violation's pointer or parameter in the answer. Callers may choose the names in them."""
LONGEST_TEXT = 256
"""Bytes of a violation's detail in the answer. With LISTED, an answer has less than 64 KiB."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of problem. Its `type` is a tag URI (RFC 4151): an identifier that needs no web site."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"tag:crosscloud,2026:{self.slug}"


MALFORMED = Kind(slug="malformed-body", status=400, title="The body can't be read")
UNAUTHENTICATED = Kind(slug="unauthenticated", status=401, title="Authentication is needed")
FORBIDDEN = Kind(slug="insufficient-scope", status=403, title="The token lacks a scope")
NOT_FOUND = Kind(slug="not-found", status=404, title="Not found")
METHOD_NOT_ALLOWED = Kind(slug="method-not-allowed", status=405, title="The method is not allowed here")
SLOW_BODY = Kind(slug="slow-body", status=408, title="The body did not arrive in time")
CONFLICT = Kind(slug="conflict", status=409, title="It contradicts what is stored")
PRECONDITION_FAILED = Kind(slug="precondition-failed", status=412, title="The precondition does not hold")
TOO_LARGE = Kind(slug="body-too-large", status=413, title="The body is too large")
UNSUPPORTED_MEDIA_TYPE = Kind(slug="unsupported-media-type", status=415, title="The media type is not supported")
INVALID = Kind(slug="invalid-request", status=422, title="The request breaks the contract")
KEY_REUSED = Kind(slug="idempotency-key-reused", status=422, title="The Idempotency-Key was used for another request")
PRECONDITION_REQUIRED = Kind(slug="precondition-required", status=428, title="If-Match is needed")
INTERNAL = Kind(slug="internal-error", status=500, title="Internal error")
UPSTREAM_FAILED = Kind(slug="upstream-failed", status=502, title="A service answered with something unusable")
UNAVAILABLE = Kind(slug="unavailable", status=503, title="Not available now")
UPSTREAM_TIMEOUT = Kind(slug="upstream-timeout", status=504, title="A service did not answer in time")


class ProblemError(Exception):
    """An error that ends a request with a problem document, which lists the first LISTED of `errors`.

    `headers` are added to the answer.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors[:LISTED]
        self.headers = headers or {}


def in_body(place: Sequence[str | int], detail: str) -> Violation:
    """Returns the violation at a place of the body, by names and indexes from the outermost value on.

    Where the pointer would be longer than LONGEST_PLACE, it leads to the value around the long name.
    """
    steps = [f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place]
    fitting = sum(total <= LONGEST_PLACE for total in accumulate(map(_size, steps)))
    if fitting < len(steps):
        detail = f"has a member with a very long name, which {detail}"
    return {"pointer": "".join(steps[:fitting]), "detail": _cut(detail, LONGEST_TEXT)}


def in_parameters(name: str, detail: str) -> Violation:
    """Returns the violation of a parameter of the path, the query or the headers."""
    return {"parameter": _cut(name, LONGEST_PLACE), "detail": _cut(detail, LONGEST_TEXT)}


def invalid(errors: Sequence[Violation], *, total: int = 0) -> ProblemError:
    """Returns the 422 of a request that breaks the contract.

    `total` counts the violations where `errors` holds only the first of them.
    """
    count = max(total, len(errors))
    if count > LISTED:
        detail = f"{count} violations; the first {LISTED} are listed in errors."
    else:
        detail = f"{count} violation{'s' * (count != 1)}, listed in errors."
    return ProblemError(INVALID, detail, errors=errors)


def document(kind: Kind, detail: str, *, request_id: str, errors: Sequence[Violation] = ()) -> str:
    """Returns the JSON text of a problem with up to LISTED errors.

    It is pure ASCII, so that a name that can't be encoded in UTF-8 can't break it.
    """
    members: dict[str, object] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "request_id": request_id,
    }
    if errors:
        members["errors"] = errors[:LISTED]
    return json.dumps(members)


def _size(text: str) -> int:
    """Returns the number of bytes that a text takes in the answer, without its quotes."""
    return len(json.dumps(text)) - 2


def _cut(text: str, longest: int) -> str:
    """Returns the text, or its beginning and an ellipsis when it would take more than `longest` bytes."""
    while _size(text) > longest:
        text = f"{text[: len(text) // 2 - 1]}…"
    return text
