"""The functions' logs: JSON lines on standard output, which the runtime stores."""

from __future__ import annotations

import functools
import sys

from app.contract import logs
from app.contract.correlation import Correlation
from app.contract.metrics import UNITS, Counted
from app.functions.kit import metrics
from app.functions.kit.breaker import State


class Log:
    """Drops lines below `level`, except those of a hop, of which every request and event has one, and those that hold
    metrics."""

    def __init__(self, *, service: str, level: str) -> None:
        self._service = service
        self._threshold = logs.LEVELS[level]

    def write(self, level: str, message: str, *, reason: str) -> None:
        if logs.LEVELS[level] >= self._threshold:
            _emit(logs.line(level=level, service=self._service, message=message, reason=reason))

    def breaker(self, upstream: str, state: State) -> None:
        """A circuit breaker has changed its state."""
        _emit(metrics.transition(self._service, upstream, state))

    def hop(
        self, correlation: Correlation, message: str, *, failed: bool, counted: Counted | None = None, **members: object
    ) -> None:
        """What this function did for a request or an event, and what counts of it. Members as in
        `app.contract.logs.line`."""
        line = logs.line(
            level="ERROR" if failed else "INFO",
            service=self._service,
            message=message,
            request_id=correlation.request_id,
            trace_id=correlation.trace_id,
            span_id=correlation.span_id,
            **members,
            **(counted or {}),
        )
        _emit(metrics.measuring(line, _directives(*counted)) if counted else line)

    def certificates(self, days: float) -> None:
        """The first of those between function and ingress ends in so many days."""
        _emit(metrics.certificates(self._service, days))


def _emit(text: str) -> None:
    sys.stdout.write(text)  # looked up at every call: the runtime replaces the stream
    sys.stdout.flush()


@functools.cache
def _directives(*names: str) -> str:
    return metrics.of_service({name: UNITS[name] for name in names})
