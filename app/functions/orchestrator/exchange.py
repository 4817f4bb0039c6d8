"""One invocation: what it is given, and what its log lines will tell."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from app.contract.correlation import Correlation
from app.functions.kit.request import Event
from app.functions.kit.upstream import Answer, Call, Ingress, UpstreamError


@dataclass(kw_only=True)
class Sent:
    """A call of a service and how it ended; `reason` says why without a usable answer."""

    upstream: str
    milliseconds: float = 0.0
    attempts: int = 0
    status: int | None = None
    failed: bool = True
    reason: str | None = None

    def blame(self, error: UpstreamError) -> None:
        """The call has no usable answer."""
        self.failed, self.reason = True, error.reason
        if error.status is not None:
            self.status = error.status


@dataclass(kw_only=True)
class Exchange:
    """`deadline` is on time.monotonic. `told` are members of the log line."""

    event: Event
    headers: dict[str, str]
    correlation: Correlation
    deadline: float
    route: str = "unmatched"
    sent: dict[str, Sent] = field(default_factory=dict)
    told: dict[str, object] = field(default_factory=dict)

    def expect(self, call: Call, name: str = "") -> Sent:
        """What will be told of the call: in lines of their own for those that have names."""
        sent = self.sent[name] = Sent(upstream=call.upstream)
        return sent


def send(call: Call, ingress: Ingress, sent: Sent) -> Answer:
    """Sends the call and keeps how it ends. Raises UpstreamError."""
    started = time.perf_counter()
    try:
        answer = ingress.send(call)
    except UpstreamError as error:
        sent.blame(error)
        sent.attempts = error.attempts
        raise
    else:
        sent.status, sent.attempts, sent.failed = answer.status, answer.attempts, False
        return answer
    finally:
        sent.milliseconds = round((time.perf_counter() - started) * 1000, 1)
