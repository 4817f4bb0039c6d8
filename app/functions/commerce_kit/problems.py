"""Translates the errors of commerce into the problems that callers get."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.commerce.errors import CommerceError, KeyReusedError, UnavailableError
from app.contract.problems import KEY_REUSED, UNAVAILABLE, ProblemError
from app.functions.kit.api import Handler, RequestContext
from app.functions.kit.responses import Response

Translation = Callable[[CommerceError], ProblemError | None]
"""Returns the problem for an error; None for an error that a caller can't have caused, which becomes a 500."""


def translating(handlers: Mapping[str, Handler], translation: Translation) -> dict[str, Handler]:
    """Returns the handlers, given by operation id, with errors of commerce as problems.

    `translation` is the function's own; the problems that all functions share need none.
    """
    return {operation_id: _translating(handler, translation) for operation_id, handler in handlers.items()}


def shared(error: CommerceError) -> ProblemError | None:
    """Returns the problem for an error that every operation may meet; None for another error."""
    match error:
        case UnavailableError():
            return ProblemError(UNAVAILABLE, str(error), headers={"retry-after": "1"})
        case KeyReusedError():
            return ProblemError(KEY_REUSED, "This Idempotency-Key was sent with another request; take a new one.")
        case _:
            return None


def _translating(handler: Handler, translation: Translation) -> Handler:
    def translated(context: RequestContext) -> Response:
        try:
            return handler(context)
        except CommerceError as error:
            problem = shared(error) or translation(error)
            if problem is None:
                raise
            raise problem from error

    return translated
