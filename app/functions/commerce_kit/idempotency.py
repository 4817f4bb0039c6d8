"""Requests with an Idempotency-Key: the effect happens once, and every repetition gets the first answer."""

from __future__ import annotations

import json
from collections.abc import Callable

from app.commerce.storage.database import Action
from app.commerce.storage.idempotency import Claim, Keys, Result, claim
from app.functions.kit.api import RequestContext
from app.functions.kit.responses import JSON, Response

Remember = Callable[[Response], list[Action]]
"""Returns the writes that store the answer; they belong into the transaction of the effect."""


def once(keys: Keys, context: RequestContext, effect: Callable[[Remember], Response]) -> Response:
    """Returns the answer of the effect, or the stored one of an earlier request with the same key.

    The effect writes what `remember(response)` returns in its own transaction. Raises KeyReusedError, and what the
    effect raises.
    """
    result = keys.once(
        claim_of(context), lambda remember: _stored(effect(lambda response: remember(_stored(response))))
    )
    return _response(result)


def claim_of(context: RequestContext) -> Claim | None:
    """Returns the claim of the request's Idempotency-Key; None without one.

    Two requests are equal when their paths and bodies are.
    """
    key = context.parameter("Idempotency-Key")
    if key is None:
        return None
    operation = context.operation
    path = [context.parameter(name) for name in operation.path]
    return claim(key, subject=context.subject, operation=operation.operation_id, request=[path, context.request.body])


def _stored(response: Response) -> Result:
    """Returns the members of a stored answer. A body that is missing is stored as `null`."""
    headers = {name: value for name, value in response["headers"].items() if name != "content-type"}
    return {"status": response["statusCode"], "headers": headers, "body": response["body"] or "null"}


def _response(result: Result) -> Response:
    status, headers = result["status"], result["headers"]
    if result["body"] == json.dumps(None):
        return {"statusCode": status, "headers": headers, "body": ""}
    return {"statusCode": status, "headers": {"content-type": JSON, **headers}, "body": result["body"]}
