"""The functions' logs: JSON lines on standard output, which the runtime stores. Some of them hold metrics."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from app.contract import logs
from app.contract.correlation import Correlation
from app.contract.metrics import DEAD_LETTERS, FAILURES, Metrics
from app.functions.kit import metrics
from app.functions.kit.metrics import Directive

PART = "part"
"""The message of the line of one call out of several that a request needs."""


@dataclass(kw_only=True)
class LogEntry:
    """The log line of one request or event. It is filled in while the request or event is handled."""

    correlation: Correlation
    fields: dict[str, object] = field(default_factory=dict)
    """Members of the line by name; those that are None are left out."""
    metrics: Metrics = field(default_factory=dict)
    """Metrics of `app.contract.metrics` by name: members of the line that count for the service."""
    directives: list[Directive] = field(default_factory=list)
    """The metrics among the fields."""
    started: float = field(default_factory=time.perf_counter)
    """The moment, on time.perf_counter, at which the work began."""

    def dead_letter(self) -> None:
        """Counts what the line is of as something that can never be worked on."""
        self.fields |= {"version": metrics.VERSION, DEAD_LETTERS: 1}
        self.directives.append(metrics.DEAD_LETTERS)

    @property
    def milliseconds(self) -> float:
        """The time since the work began."""
        return round((time.perf_counter() - self.started) * 1000, 3)


class Log:
    """The log of one function.

    It drops lines below a level, except those of which every request and event has one, and those that hold metrics.
    A line of the level ERROR counts as a failure of the version that runs, unless whoever writes it says that another
    line counts.
    """

    def __init__(self, *, service: str, level: str) -> None:
        self._service = service
        self._threshold = logs.LEVELS[level]

    def write(self, level: str, message: str, *, reason: str) -> None:
        """Writes a line that belongs to no request."""
        if logs.LEVELS[level] >= self._threshold:
            self._emit(level, message, {"reason": reason})

    def dead_letter(self, *, reason: str) -> None:
        """Writes that something was put aside which can never be worked on."""
        self._emit(
            "ERROR",
            "An event was sent to the dead-letter queue.",
            {"reason": reason, "version": metrics.VERSION, DEAD_LETTERS: 1},
            metrics.DEAD_LETTERS,
        )

    def entry(self, message: str, entry: LogEntry, *, level: str = "INFO", counts: bool = True) -> None:
        """Writes the line of a request or event.

        At the level ERROR it has failed on our side; `counts` is False where another line counts for the same failure.
        """
        directives = [*entry.directives, *([metrics.of_service(entry.metrics)] if entry.metrics else [])]
        ids = entry.correlation
        correlation = {"request_id": ids.request_id, "trace_id": ids.trace_id, "span_id": ids.span_id}
        parent = {"parent_id": ids.parent_id} if ids.parent_id else {}
        fields = {**correlation, **parent, **entry.fields, **entry.metrics}
        self._emit(level, message, fields, *directives, counts=counts)

    def breaker(self, upstream: str, state: str) -> None:
        """Writes that the circuit breaker of a service has changed its state."""
        self._emit(
            "INFO" if state == "closed" else "WARNING",
            f"The circuit to {upstream} is {state}.",
            {"upstream": upstream, "state": state, "BreakerTransitions": 1},
            metrics.BREAKER,
        )

    def certificates(self, days: float) -> None:
        """Writes in how many days the first of the certificates between function and ingress ends."""
        self._emit("INFO", "certificates", {"CertificateDaysLeft": round(days, 2)}, metrics.CERTIFICATES)

    def _emit(
        self, level: str, message: str, fields: dict[str, object], *directives: Directive, counts: bool = True
    ) -> None:
        if level == "ERROR" and counts:
            fields, directives = {**fields, "version": metrics.VERSION, FAILURES: 1}, (*directives, metrics.FAILURES)
        last = metrics.embedded(directives) if directives else ""
        line = logs.line(level=level, service=self._service, message=message, last=last, **fields)  # type: ignore[arg-type]
        sys.stdout.write(line)  # looked up at every call: the runtime replaces the stream
        sys.stdout.flush()
