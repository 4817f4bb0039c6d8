"""One request from the gateway's event to the answer: authorise, check, transform, forward, normalise."""

from __future__ import annotations

import time

from app.contract.operation import Forward, Operation, Orchestration
from app.contract.problems import NOT_FOUND, ProblemError
from app.functions.kit import answers, principal, request
from app.functions.kit.api_keys import ApiKeys
from app.functions.kit.request import Request
from app.functions.kit.responses import Response
from app.functions.kit.upstream import Call, Ingress, UpstreamError
from app.functions.orchestrator import transform, validators
from app.functions.orchestrator.exchange import Exchange, send
from app.functions.orchestrator.fan_out import FanOut, Planned
from app.functions.orchestrator.operations import OPERATIONS

RESERVE = 0.5
"""Seconds of the invocation that are kept for the answer and its log line."""
OK = frozenset({200})


class Orchestrator:
    """`sample_rate` is that of traces that begin here; with `api_keys` whoever needs a token needs a key, too."""

    def __init__(
        self, ingress: Ingress, *, scope_prefix: str = "", sample_rate: float = 0.0, api_keys: ApiKeys | None = None
    ) -> None:
        self._ingress = ingress
        self._fan_out = FanOut(ingress)
        self._scope_prefix = scope_prefix
        self._sample_rate = sample_rate
        self._api_keys = api_keys

    def answer(self, exchange: Exchange) -> Response:
        """Raises ProblemError."""
        exchange.correlation = exchange.correlation.sampled_at(self._sample_rate)
        operation = OPERATIONS.get(str(exchange.event.get("routeKey")))
        if operation is None or operation.orchestration is None:
            raise ProblemError(NOT_FOUND, "There is no such route.")
        exchange.route = operation.route_key
        subject = self._authorised(exchange, operation)
        checked = request.read(exchange.event, exchange.headers, operation, validators)
        return self._sent(operation.orchestration, checked, exchange, subject)

    def close(self) -> None:
        """Ends threads and connections."""
        self._fan_out.close()
        self._ingress.close()

    def _authorised(self, exchange: Exchange, operation: Operation) -> str | None:
        """The caller's subject, encoded; None for a public operation."""
        caller = principal.authorise(exchange.event, operation, scope_prefix=self._scope_prefix)
        if caller is None:
            return None
        exchange.told["subject"] = caller.subject
        if self._api_keys is not None:
            remaining = exchange.deadline - RESERVE - time.monotonic()
            exchange.told["api_key"] = self._api_keys.owner(exchange.headers.get("x-api-key"), timeout=remaining)
        return caller.encoded

    def _sent(self, how: Orchestration, checked: Request, exchange: Exchange, subject: str | None) -> Response:
        deadline = min(time.monotonic() + how.timeout, exchange.deadline - RESERVE)

        def call(forward: Forward, expected: frozenset[int]) -> Call:
            return Call(
                upstream=forward.upstream,
                method=forward.method,
                path=transform.target(forward, checked),
                headers=transform.headers(forward, checked, exchange.correlation, subject),
                body=checked.raw if forward.body else None,
                safe=how.safe,
                answers=expected,
                deadline=deadline,
            )

        if how.forward is not None:
            return self._forwarded(call(how.forward, how.answers), exchange)
        plan = {
            name: Planned(part=part, call=call(part.forward, how.answers if part.required else OK))
            for name, part in how.parts.items()
        }
        return self._fan_out.answer(plan, exchange, only_status=how.only_status)

    def _forwarded(self, call: Call, exchange: Exchange) -> Response:
        sent = exchange.expect(call)
        answer = send(call, self._ingress, sent)
        try:
            return answers.normalised(call, answer)
        except UpstreamError as error:
            sent.blame(error)
            raise
