"""One request from the gateway's event to the answer: authorise, check, transform, forward, normalise."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from urllib.parse import quote

from app.contract import ijson
from app.contract.correlation import Correlation
from app.contract.operation import Operation
from app.contract.operations import OPERATIONS
from app.contract.problems import MEDIA_TYPE, NOT_FOUND, UPSTREAM_FAILED, ProblemError
from app.edge import principal, request, responses
from app.edge.request import Event, Request
from app.edge.responses import Response
from app.edge.upstream import Answer, Call, Ingress, UpstreamError

RESERVE = 0.5
"""Seconds of the invocation that are kept for the answer and its log line."""


@dataclass(kw_only=True)
class Exchange:
    """One invocation: what it is given, and what the log line tells of it."""

    event: Event
    correlation: Correlation
    deadline: float
    route: str = "unmatched"
    told: dict[str, object] = field(default_factory=dict)


class Orchestrator:
    def __init__(self, ingress: Ingress, *, scope_prefix: str = "") -> None:
        self._ingress = ingress
        self._scope_prefix = scope_prefix

    def answer(self, exchange: Exchange) -> Response:
        """Raises ProblemError."""
        operation = OPERATIONS.get(str(exchange.event.get("routeKey")))
        if operation is None:
            raise ProblemError(NOT_FOUND, "There is no such route.")
        exchange.route = operation.route_key
        caller = principal.authorise(exchange.event, operation, scope_prefix=self._scope_prefix)
        exchange.told["subject"] = caller.subject if caller else None
        checked = request.read(exchange.event, operation)
        call = Call(
            upstream=operation.upstream,
            method=operation.method,
            path=target(operation, checked),
            headers=_forwarded(exchange.correlation),
            safe=operation.safe,
            answers=operation.answers,
            deadline=min(time.monotonic() + operation.timeout, exchange.deadline - RESERVE),
        )
        return self._forward(call, exchange)

    def _forward(self, call: Call, exchange: Exchange) -> Response:
        started = time.perf_counter()
        exchange.told["upstream"] = call.upstream
        try:
            answer = self._ingress.send(call)
            exchange.told |= {"upstream_status": answer.status, "attempts": answer.attempts}
            return normalised(call, answer)
        except UpstreamError as error:
            exchange.told |= {"reason": error.reason, "attempts": exchange.told.get("attempts", error.attempts)}
            raise
        finally:
            exchange.told["upstream_ms"] = round((time.perf_counter() - started) * 1000, 1)


def target(operation: Operation, checked: Request) -> str:
    """The internal path. A value stays one segment of it, whatever it holds."""
    segments = {}
    for name, source in operation.parameters.items():
        value = str(checked.path[source.name] if source.place == "path" else checked.body[source.name])
        if value in ("", ".", ".."):  # means another path even when it is encoded
            raise ProblemError(NOT_FOUND, "There is nothing of this name.")
        segments[name] = quote(value, safe="")
    return operation.path.format_map(segments)


def normalised(call: Call, answer: Answer) -> Response:
    """A service's answer in the API's form: JSON or a problem. Raises UpstreamError for anything else."""
    media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise UpstreamError(UPSTREAM_FAILED, call, f"answered {answer.status} that is not {media_type}")
    try:
        ijson.parse(answer.body)
    except ProblemError as error:
        raise UpstreamError(UPSTREAM_FAILED, call, f"answered {answer.status}: {error.detail}") from None
    return responses.content(answer.status, media_type, answer.body.decode(), answer.headers)


def _forwarded(correlation: Correlation) -> dict[str, str]:
    """All that goes along: nothing that a caller sent reaches a service unless it is named here."""
    headers = {
        "accept": "application/json",
        "user-agent": "crosscloud-orchestrator",
        "x-request-id": correlation.request_id,
        "traceparent": correlation.traceparent,
    }
    if correlation.tracestate:
        headers["tracestate"] = correlation.tracestate
    return headers
