"""Checks the answers of services and brings them into the API's form: JSON, a problem, or nothing but a status."""

from __future__ import annotations

from typing import Any

from app.contract import ijson
from app.contract.problems import MEDIA_TYPE, UPSTREAM_FAILED, ProblemError
from app.functions.kit import responses
from app.functions.kit.calls import Answer, Call, UpstreamError
from app.functions.kit.responses import JSON, Response

NO_CONTENT = 204


def normalised(call: Call, answer: Answer) -> Response:
    """Returns the answer for our caller. Raises UpstreamError for an answer of another form."""
    if answer.status == NO_CONTENT:
        if answer.body:
            raise _unusable(call, answer, "with a body")
        return responses.empty(NO_CONTENT, answer.headers)
    value_of(call, answer)
    media_type = JSON if answer.status < 400 else MEDIA_TYPE
    return responses.content(answer.status, media_type, answer.body.decode(), answer.headers)


def value_of(call: Call, answer: Answer) -> Any:
    """Returns the value of the answer's JSON text. Raises UpstreamError when it has none."""
    media_type = JSON if answer.status < 400 else MEDIA_TYPE
    content_type = answer.headers.get("content-type", "")
    if content_type != media_type and content_type.partition(";")[0].strip().lower() != media_type:
        raise _unusable(call, answer, f"that is not {media_type}")
    try:
        return ijson.parse(answer.body)
    except ProblemError as error:
        raise _unusable(call, answer, f"with a broken body: {error.detail}") from None


def _unusable(call: Call, answer: Answer, reason: str) -> UpstreamError:
    return UpstreamError(UPSTREAM_FAILED, call, f"answered {answer.status} {reason}", status=answer.status)
