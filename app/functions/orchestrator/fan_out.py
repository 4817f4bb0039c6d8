"""Calls of several services at once, whose answers become one.

What is missing degrades it, where the contract allows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.contract.correlation import Correlation
from app.contract.operation import Part
from app.contract.problems import UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT, ProblemError
from app.functions.kit import responses, service_answers, tracing
from app.functions.kit.api import RequestContext
from app.functions.kit.calls import Answer, Call, UpstreamError
from app.functions.kit.logs import PART, Log, LogEntry
from app.functions.kit.responses import Response
from app.functions.kit.upstream import POOL_SIZE, Ingress
from app.functions.orchestrator.service_calls import CallRecord, send

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

GRACE = 0.2
"""Seconds after the deadline that a call may take to notice it."""


@dataclass(frozen=True, kw_only=True)
class PlannedCall:
    """A call that is to be made for a part of the answer."""

    part: Part
    call: Call
    correlation: Correlation
    """The ids that the call's headers have: what the service does is part of this call."""


@dataclass(frozen=True, kw_only=True)
class PendingCall:
    """A call that has been made for the part called `name`."""

    name: str
    planned: PlannedCall
    record: CallRecord
    future: Future[Answer]

    def answer(self) -> Answer:
        """Returns the service's answer. Raises UpstreamError."""
        if not self.future.done():  # such as in a look-up of the name, which has no time-out
            self.future.cancel()
            raise UpstreamError(UPSTREAM_TIMEOUT, self.planned.call, "still under way after the deadline")
        return self.future.result()

    def value(self) -> Any:
        """Returns what the part contributes to the whole. Raises UpstreamError when there is no usable answer."""
        call, select = self.planned.call, self.planned.part.select
        value = service_answers.value_of(call, self.answer())
        if select is not None:
            value = value.get(select) if isinstance(value, dict) else None
        if value is None:
            raise UpstreamError(UPSTREAM_FAILED, call, f"answered without {select or 'a value'}", status=200)
        return value

    def value_or_none(self) -> Any:
        """Returns the value, or None where the part may be missing. Raises UpstreamError for a required part."""
        try:
            return self.value()
        except UpstreamError as error:
            self.record.fail(error)
            if self.planned.part.required:
                raise
            return None


class FanOut:
    """Makes the calls in threads, which are started when they are first needed, and kept."""

    def __init__(self, ingress: Ingress, log: Log, spans: Spans | None = None) -> None:
        self._ingress = ingress
        self._log = log
        self._spans = spans
        self._threads = ThreadPoolExecutor(max_workers=POOL_SIZE, thread_name_prefix="part")

    def response(self, plan: Mapping[str, PlannedCall], context: RequestContext, *, only_status: bool) -> Response:
        """Returns one answer of all parts, when the last has come.

        A call that goes on in a frozen environment would look like a failure of its service. Writes a log line for each
        call.

        Raises ProblemError when a required part has failed, or all have.
        """
        pending = self._begin(plan)
        try:
            return _combined(pending, context, only_status=only_status)
        finally:
            for call in pending:
                self._log_call(call, context)

    def close(self) -> None:
        """Waits for the calls that are under way."""
        self._threads.shutdown()

    def _begin(self, plan: Mapping[str, PlannedCall]) -> list[PendingCall]:
        pending = []
        for name, planned in plan.items():
            record = CallRecord(upstream=planned.call.upstream)
            future = self._threads.submit(send, planned.call, self._ingress, record)
            pending.append(PendingCall(name=name, planned=planned, record=record, future=future))
        deadline = max(planned.call.deadline for planned in plan.values())
        wait([call.future for call in pending], timeout=max(deadline - time.monotonic(), 0.0) + GRACE)
        return pending

    def _log_call(self, call: PendingCall, context: RequestContext) -> None:
        of_request = {name: context.log_entry.fields[name] for name in ("method", "route")}
        entry = LogEntry(correlation=call.planned.correlation, fields={**of_request, "part": call.name})
        call.record.add_to(entry)
        # The line is written when the last call has ended, so its time does not tell when this one began.
        entry.fields |= {"began": call.record.began, "reason": call.record.reason}
        # When the request fails for it, the request's own line counts.
        self._log.entry(PART, entry, level="ERROR" if call.record.failed else "INFO", counts=False)
        if self._spans is not None and call.record.started:
            name, record = f"{call.record.upstream}: {call.name}", call.record
            tracing.part(
                self._spans,
                name,
                entry,
                started=record.started,
                milliseconds=record.milliseconds,
                failed=record.failed,
            )


def _combined(pending: Iterable[PendingCall], context: RequestContext, *, only_status: bool) -> Response:
    for call in pending:
        if call.planned.part.required and (refusal := call.answer()).status >= 400:
            return service_answers.normalised(call.planned.call, refusal)
    values = {call.name: call.value_or_none() for call in pending}
    missing = [call.planned.call.upstream for call in pending if values[call.name] is None]
    if all(value is None for value in values.values()):
        raise ProblemError(UNAVAILABLE, "No service can be reached now; try again later.", headers={"retry-after": "1"})
    degraded = list(dict.fromkeys(missing))
    if degraded:
        context.log_entry.fields["degraded"] = degraded
    body = {"status": "degraded" if degraded else "ok"} if only_status else values
    text = json.dumps({**body, "degraded": degraded}, ensure_ascii=False, separators=(",", ":"))
    return responses.content(200, responses.JSON, text, {})
