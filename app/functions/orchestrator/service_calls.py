"""Calls of services, with what the log says of each."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from app.contract import logs
from app.functions.kit import metrics
from app.functions.kit.calls import Answer, Call, UpstreamError
from app.functions.kit.logs import LogEntry
from app.functions.kit.upstream import Ingress


@dataclass(kw_only=True)
class CallRecord:
    """The outcome of a call of a service."""

    upstream: str
    """The name of the service."""
    began: str | None = None
    """The time at which the call began; None while it has not."""
    started: int = 0
    """The same in nanoseconds since 1970."""
    milliseconds: float = 0.0
    attempts: int = 0
    status: int | None = None
    """The status of the answer; None without one."""
    failed: bool = True
    """True while there is no usable answer."""
    reason: str | None = None
    """The reason why there is no usable answer, for the log."""
    spans: list[str] = field(default_factory=list)
    """The ids of the spans of the attempts; none for a call that is not sampled."""

    def fail(self, error: UpstreamError) -> None:
        """Keeps that the call has no usable answer."""
        self.failed, self.reason = True, error.reason
        if error.status is not None:
            self.status = error.status

    def add_to(self, entry: LogEntry) -> None:
        """Adds the call and its metrics to a log line."""
        entry.fields |= {
            "upstream": self.upstream,
            "upstream_status": self.status,
            "upstream_ms": self.milliseconds,
            "attempts": self.attempts,
            "calls": self.spans or None,
            "UpstreamCount": 1,
            "UpstreamLatency": self.milliseconds,
            "UpstreamErrors": int(self.failed),
        }
        entry.directives.append(metrics.UPSTREAM)


def send(call: Call, ingress: Ingress, record: CallRecord) -> Answer:
    """Returns the answer of the service, and keeps in the record how the call ended. Raises UpstreamError."""
    record.began, record.started, started = logs.timestamp(), time.time_ns(), time.perf_counter()
    try:
        answer = ingress.send(call)
    except UpstreamError as error:
        record.fail(error)
        record.attempts = error.attempts
        raise
    else:
        record.status, record.attempts, record.failed = answer.status, answer.attempts, False
        return answer
    finally:
        record.spans = call.spans
        record.milliseconds = round((time.perf_counter() - started) * 1000, 1)
