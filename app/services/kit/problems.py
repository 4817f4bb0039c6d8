"""The answers to errors: each is a problem document."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.contract import problems
from app.contract.problems import INTERNAL, Kind, ProblemError, Violation
from app.services.kit.logs import correlation

_log = logging.getLogger(__name__)

_KINDS = {
    kind.status: kind
    for kind in (
        problems.MALFORMED,
        problems.UNAUTHENTICATED,
        problems.NOT_FOUND,
        problems.METHOD_NOT_ALLOWED,
        problems.TOO_LARGE,
        problems.UNSUPPORTED_MEDIA_TYPE,
        problems.UNAVAILABLE,
    )
}


class BodyError(HTTPException):
    """A problem that is found while the body is read. FastAPI passes nothing but an HTTPException on from there."""

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(problem.kind.status, problem.detail)
        self.problem = problem


def answer_to(error: Exception, *, started: bool) -> Response | None:
    """Returns the answer to a request that ended with an error, None when an answer has been `started`.

    Logs an error that is none of the expected ones.
    """
    problem = _expected(error)
    if problem is None or started:
        _log.error("The request failed unexpectedly.", exc_info=error)
    if started:
        return None
    return response(problem or ProblemError(INTERNAL, "The request could not be handled. Its request_id leads to why."))


def response(problem: ProblemError) -> Response:
    """Returns the answer that a problem stands for."""
    current = correlation.get()
    body = problems.document(
        problem.kind, problem.detail, request_id=current.request_id if current else "", errors=problem.errors
    )
    return Response(
        body, status_code=problem.kind.status, media_type=problems.MEDIA_TYPE, headers=dict(problem.headers)
    )


def _expected(error: Exception) -> ProblemError | None:
    match error:
        case ProblemError():
            return error
        case BodyError():
            return error.problem
        case RequestValidationError():
            # The place and the message alone: the rejected value, which pydantic adds, may have no form in JSON.
            errors = error.errors()
            listed = [_violation(each["loc"], each["msg"]) for each in errors[: problems.LISTED]]
            return problems.invalid(listed, total=len(errors))
        case HTTPException():
            return _problem(error)
        case _:
            return None


def _problem(error: HTTPException) -> ProblemError:
    phrase = HTTPStatus(error.status_code).phrase
    slug = phrase.lower().replace(" ", "-")
    kind = _KINDS.get(error.status_code) or Kind(slug=slug, status=error.status_code, title=phrase)
    return ProblemError(kind, f"{phrase}.", headers=error.headers)


def _violation(location: tuple[str | int, ...], message: str) -> Violation:
    place, *path = location
    message = message.removeprefix("Value error, ")  # pydantic writes it before the text of a validator
    if path and path[-1] == "[key]":  # it is the name that is wrong: the member is the place
        path.pop()
    if place == "body":
        return problems.in_body(path, message)
    return problems.in_parameters(".".join(map(str, path)), message)
