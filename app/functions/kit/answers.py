"""Services' answers in the API's form: JSON or a problem, or nothing but a status."""

from __future__ import annotations

from typing import Any

from app.contract import ijson
from app.contract.problems import MEDIA_TYPE, UPSTREAM_FAILED, ProblemError
from app.functions.kit import responses
from app.functions.kit.responses import Response
from app.functions.kit.upstream import Answer, Call, UpstreamError

JSON = "application/json"
EMPTY = 204


def normalised(call: Call, answer: Answer) -> Response:
    """Raises UpstreamError for what is neither."""
    if answer.status == EMPTY:
        if answer.body:
            raise _unusable(call, answer, "with a body")
        return responses.empty(EMPTY, answer.headers)
    value_of(call, answer)
    media_type = JSON if answer.status < 400 else MEDIA_TYPE
    return responses.content(answer.status, media_type, answer.body.decode(), answer.headers)


def value_of(call: Call, answer: Answer) -> Any:
    """What the JSON text means. Raises UpstreamError when it is none."""
    media_type = JSON if answer.status < 400 else MEDIA_TYPE
    given = answer.headers.get("content-type", "")
    if given != media_type and given.partition(";")[0].strip().lower() != media_type:
        raise _unusable(call, answer, f"that is not {media_type}")
    try:
        return ijson.parse(answer.body)
    except ProblemError as error:
        raise _unusable(call, answer, f"with a broken body: {error.detail}") from None


def _unusable(call: Call, answer: Answer, reason: str) -> UpstreamError:
    return UpstreamError(UPSTREAM_FAILED, call, f"answered {answer.status} {reason}", status=answer.status)
