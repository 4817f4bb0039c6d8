"""The orchestrator's log: JSON lines on standard output, which the runtime stores."""

from __future__ import annotations

import sys

from app.contract import logs
from app.contract.correlation import Correlation


class Log:
    """Drops lines below `level`, except those of a request."""

    def __init__(self, *, service: str, level: str) -> None:
        self._service = service
        self._threshold = logs.LEVELS[level]

    def write(self, level: str, message: str, *, reason: str) -> None:
        if logs.LEVELS[level] >= self._threshold:
            self._emit(logs.line(level=level, service=self._service, message=message, reason=reason))

    def request(self, correlation: Correlation, *, status: int, **members: object) -> None:
        """The one line of an invocation. Members as in `app.contract.logs.line`."""
        level = "ERROR" if status >= 500 else "INFO"
        self._emit(
            logs.line(
                level=level,
                service=self._service,
                message="request",
                request_id=correlation.request_id,
                trace_id=correlation.trace_id,
                status=status,
                **members,
            )
        )

    def _emit(self, text: str) -> None:
        sys.stdout.write(text)  # looked up at every call: the runtime replaces the stream
        sys.stdout.flush()
