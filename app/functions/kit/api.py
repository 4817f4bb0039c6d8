"""A function behind the HTTP API: authorises, checks against the contract, answers, and logs one line per request."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.commerce.storage.idempotency import Answer, Claim, claim
from app.contract.correlation import Correlation, accept
from app.contract.metrics import Counted
from app.contract.operation import Operation
from app.contract.problems import NOT_FOUND, ProblemError
from app.functions.kit import principal, request, responses
from app.functions.kit.logs import Log
from app.functions.kit.request import Event, Request, Validators
from app.functions.kit.responses import Response

BUDGET = 10.0
"""Seconds after which a request begins nothing new. One attempt to reach a table takes up to 12 more
(`app.functions.kit.aws`), and the gateway waits for 30."""
RESERVE = 0.5
"""Seconds of the invocation that are kept for the answer and its log line."""


class Context(Protocol):
    """What is used of the runtime's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that is allowed and valid. `deadline` is on time.monotonic; `counted` is what its log line counts."""

    request: Request
    operation: Operation
    subject: str
    correlation: Correlation
    deadline: float
    counted: Counted

    def parameter(self, name: str, default: Any = None) -> Any:
        """Of the path, the query or the headers, by the contract's name."""
        return self.request.parameters.get(name, default)

    def claim(self) -> Claim | None:
        """Of the request's Idempotency-Key; None without one. Requests are equal when their paths and bodies are."""
        key = self.parameter("Idempotency-Key")
        if key is None:
            return None
        path = [self.parameter(name) for name in self.operation.path]
        operation = self.operation.operation_id
        return claim(key, subject=self.subject, operation=operation, request=[path, self.request.body])


Route = Callable[[Asked], Answer]


@dataclass(frozen=True, kw_only=True)
class Api:
    """`routes` by operation id: every operation has one."""

    log: Log
    operations: Mapping[str, Operation]
    validators: Validators
    routes: Mapping[str, Route]
    scope_prefix: str = ""

    def answer(self, event: Event, exchange: Exchange) -> Response:
        """Raises ProblemError."""
        operation = self.operations.get(str(event.get("routeKey")))
        if operation is None:
            raise ProblemError(NOT_FOUND, "There is no such route.")
        exchange.route = operation.route_key
        caller = principal.authorise(event, operation, scope_prefix=self.scope_prefix)
        subject = caller.subject if caller else ""
        exchange.told["subject"] = subject
        asked = Asked(
            request=request.read(event, request.headers(event), operation, self.validators),
            operation=operation,
            subject=subject,
            correlation=exchange.correlation,
            deadline=exchange.deadline,
            counted=exchange.counted,
        )
        return _response(self.routes[operation.operation_id](asked))


@dataclass(kw_only=True)
class Exchange:
    """One invocation, and what its log line tells."""

    correlation: Correlation
    deadline: float
    route: str = "unmatched"
    told: dict[str, object] = field(default_factory=dict)
    counted: Counted = field(default_factory=dict)


def handle(event: Event, context: Context, assembled: Callable[[], Api], fallback: Log) -> dict[str, Any]:
    """Answers one request. Raises nothing: an unexpected failure is a 500 and a logged stack trace.

    `assembled` gives the function's parts; where it fails, `fallback` is what logs.
    """
    started = time.perf_counter()
    headers = request.headers(event)
    seconds = min(BUDGET, context.get_remaining_time_in_millis() / 1000 - RESERVE)
    exchange = Exchange(
        correlation=accept(headers.get("x-request-id"), headers.get("traceparent"), headers.get("tracestate")),
        deadline=time.monotonic() + seconds,
    )
    log = fallback
    try:
        api = assembled()
        log = api.log
        response = api.answer(event, exchange)
    except ProblemError as error:
        exchange.told["reason"] = error.detail
        response = responses.problem(error, exchange.correlation)
    except Exception:  # noqa: BLE001 - the last resort: callers get a problem, the log the stack
        exchange.told["stack"] = traceback.format_exc()
        response = responses.internal_error(exchange.correlation)
    status, milliseconds = response["statusCode"], round((time.perf_counter() - started) * 1000, 3)
    log.hop(
        exchange.correlation,
        "request",
        failed=status >= 500,
        counted=exchange.counted,
        method=exchange.route.partition(" ")[0] if " " in exchange.route else None,
        route=exchange.route,
        status=status,
        duration_ms=milliseconds,
        aws_request_id=context.aws_request_id,
        **exchange.told,
    )
    return responses.finished(response, exchange.correlation)


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return {"statusCode": answer.status, "headers": dict(answer.headers), "body": ""}
    headers = {"content-type": "application/json", **answer.headers}
    return {"statusCode": answer.status, "headers": headers, "body": json.dumps(answer.body)}
