"""Several services asked at once: what is missing in the end degrades the answer, if it may."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from app.contract.operation import Part
from app.contract.problems import UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT, ProblemError
from app.functions.kit import answers, responses
from app.functions.kit.responses import Response
from app.functions.kit.upstream import POOL_SIZE, Answer, Call, Ingress, UpstreamError
from app.functions.orchestrator.exchange import Exchange, Sent, send

GRACE = 0.2
"""Seconds after the deadline that a call may take to notice it."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    part: Part
    call: Call


@dataclass(frozen=True, kw_only=True)
class Member:
    """A part that was asked. `value` raises UpstreamError when there is no usable answer."""

    name: str
    planned: Planned
    sent: Sent
    future: Future[Answer]

    def answer(self) -> Answer:
        if not self.future.done():  # such as in a look-up of the name, which has no time-out
            self.future.cancel()
            raise UpstreamError(UPSTREAM_TIMEOUT, self.planned.call, "still under way after the deadline")
        return self.future.result()

    def value(self) -> Any:
        call, select = self.planned.call, self.planned.part.select
        value = answers.value_of(call, self.answer())
        if select is not None:
            value = value.get(select) if isinstance(value, dict) else None
        if value is None:
            raise UpstreamError(UPSTREAM_FAILED, call, f"answered without {select or 'a value'}", status=200)
        return value


class FanOut:
    """Threads are started when they are needed first, and kept."""

    def __init__(self, ingress: Ingress) -> None:
        self._ingress = ingress
        self._threads = ThreadPoolExecutor(max_workers=POOL_SIZE, thread_name_prefix="part")

    def answer(self, plan: Mapping[str, Planned], exchange: Exchange, *, only_status: bool) -> Response:
        """One answer of all parts, when the last has come: what goes on in a frozen environment would look like a
        failure of the service. Raises ProblemError when a required part has failed, or all have.
        """
        members = self._asked(plan, exchange)
        for member in members:
            if member.planned.part.required and (refusal := member.answer()).status >= 400:
                return answers.normalised(member.planned.call, refusal)
        values = {member.name: _value(member) for member in members}
        degraded = list(dict.fromkeys(plan[name].call.upstream for name, value in values.items() if value is None))
        if all(value is None for value in values.values()):
            raise ProblemError(
                UNAVAILABLE, "No service can be reached now; try again later.", headers={"retry-after": "1"}
            )
        if degraded:
            exchange.told["degraded"] = degraded
        body = {"status": "degraded" if degraded else "ok"} if only_status else values
        text = json.dumps({**body, "degraded": degraded}, ensure_ascii=False, separators=(",", ":"))
        return responses.content(200, answers.JSON, text, {})

    def close(self) -> None:
        """Waits for the calls that are under way."""
        self._threads.shutdown()

    def _asked(self, plan: Mapping[str, Planned], exchange: Exchange) -> list[Member]:
        members = []
        for name, planned in plan.items():
            sent = exchange.expect(planned.call, name)
            future = self._threads.submit(send, planned.call, self._ingress, sent)
            members.append(Member(name=name, planned=planned, sent=sent, future=future))
        deadline = max(planned.call.deadline for planned in plan.values())
        wait([member.future for member in members], timeout=max(deadline - time.monotonic(), 0.0) + GRACE)
        return members


def _value(member: Member) -> Any:
    try:
        return member.value()
    except UpstreamError as error:
        member.sent.blame(error)
        if member.planned.part.required:
            raise
        return None
