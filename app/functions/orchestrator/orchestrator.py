"""Forwards checked requests to the services and brings their answers into the API's form."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.contract.correlation import Correlation
from app.contract.operation import Forward, Orchestration, Part
from app.functions.kit import service_answers
from app.functions.kit.api import Handler, RequestContext
from app.functions.kit.calls import Call, UpstreamError
from app.functions.kit.logs import Log
from app.functions.kit.responses import Response
from app.functions.kit.upstream import Ingress
from app.functions.orchestrator import transform
from app.functions.orchestrator.fan_out import FanOut, PlannedCall
from app.functions.orchestrator.operations import OPERATIONS
from app.functions.orchestrator.service_calls import CallRecord, send

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

OK = frozenset({200})


class Orchestrator:
    """Handles the operations that services carry out, by the forwarding table that the contract gives."""

    def __init__(self, ingress: Ingress, log: Log, spans: Spans | None = None) -> None:
        self._ingress = ingress
        self._fan_out = FanOut(ingress, log, spans)

    def handlers(self) -> Mapping[str, Handler]:
        """Returns the handlers by operation id."""
        return {
            operation.operation_id: self._handler(operation.orchestration)
            for operation in OPERATIONS.values()
            if operation.orchestration is not None
        }

    def close(self) -> None:
        """Ends threads and connections."""
        self._fan_out.close()
        self._ingress.close()

    def _handler(self, orchestration: Orchestration) -> Handler:
        if orchestration.forward is None:
            return lambda context: self._combine(orchestration, context)
        forward = orchestration.forward
        return lambda context: self._forward(orchestration, forward, context)

    def _forward(self, orchestration: Orchestration, forward: Forward, context: RequestContext) -> Response:
        """Makes one call and returns its answer. Raises UpstreamError, or ProblemError for a path that can't be."""
        call = _call(orchestration, forward, context, context.correlation, orchestration.answers)
        record = CallRecord(upstream=call.upstream)
        try:
            return service_answers.normalised(call, send(call, self._ingress, record))
        except UpstreamError as error:
            record.fail(error)
            raise
        finally:
            record.add_to(context.log_entry)

    def _combine(self, orchestration: Orchestration, context: RequestContext) -> Response:
        """Makes the calls of all parts at once and returns one answer. Raises ProblemError."""
        plan = {name: _planned(orchestration, part, context) for name, part in orchestration.parts.items()}
        return self._fan_out.response(plan, context, only_status=orchestration.only_status)


def _planned(orchestration: Orchestration, part: Part, context: RequestContext) -> PlannedCall:
    correlation = context.correlation.of_call()
    answers = orchestration.answers if part.required else OK
    call = _call(orchestration, part.forward, context, correlation, answers)
    return PlannedCall(part=part, call=call, correlation=correlation)


def _call(
    orchestration: Orchestration,
    forward: Forward,
    context: RequestContext,
    correlation: Correlation,
    answers: frozenset[int],
) -> Call:
    return Call(
        upstream=forward.upstream,
        method=forward.method,
        path=transform.target(forward, context.request),
        headers=transform.headers(forward, context.request, correlation, context.principal),
        correlation=correlation,
        body=context.request.raw if forward.body else None,
        safe=orchestration.safe,
        answers=answers,
        deadline=min(time.monotonic() + orchestration.timeout, context.deadline),
    )
