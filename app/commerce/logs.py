"""The functions' logs: JSON lines on standard output, which the runtime stores."""

from __future__ import annotations

import sys

from app.contract import logs
from app.contract.correlation import Correlation


class Log:
    """Drops lines below `level`, except those of a hop, of which every request and event has one."""

    def __init__(self, *, service: str, level: str) -> None:
        self._service = service
        self._threshold = logs.LEVELS[level]

    def write(self, level: str, message: str, *, reason: str) -> None:
        if logs.LEVELS[level] >= self._threshold:
            _emit(logs.line(level=level, service=self._service, message=message, reason=reason))

    def hop(self, correlation: Correlation, message: str, *, failed: bool, **members: object) -> None:
        """What this function did for a request or an event. Members as in `app.contract.logs.line`."""
        line = logs.line(
            level="ERROR" if failed else "INFO",
            service=self._service,
            message=message,
            request_id=correlation.request_id,
            trace_id=correlation.trace_id,
            span_id=correlation.span_id,
            **members,
        )
        _emit(line)


def _emit(text: str) -> None:
    sys.stdout.write(text)  # looked up at every call: the runtime replaces the stream
    sys.stdout.flush()
