"""The service's log: its own records and those of the libraries, as JSON lines on standard output."""

from __future__ import annotations

import functools
import io
import json
import logging
import os
import sys
from contextvars import ContextVar
from typing import NoReturn

from app.contract import logs
from app.contract.correlation import Correlation
from app.services.kit.metrics import METHODS

correlation: ContextVar[Correlation | None] = ContextVar("correlation", default=None)
"""The correlation of the request that is being handled, None outside of requests."""


class JsonFormatter(logging.Formatter):
    """A formatter that makes a record of the standard library a line of the contract.

    The line has the ids of the request that is being handled.
    """

    def __init__(self, service: str, pod: str) -> None:
        super().__init__()
        self._service = service
        self._pod = pod or None

    def format(self, record: logging.LogRecord) -> str:
        current = correlation.get()
        return logs.line(
            level=record.levelname if record.levelname in logs.LEVELS else "ERROR",
            service=self._service,
            message=record.getMessage(),
            request_id=current.request_id if current else "",
            trace_id=current.trace_id if current else "",
            span_id=current.span_id if current else None,
            parent_id=current.parent_id or None if current else None,
            pod=self._pod,
            logger=record.name,
            stack=self.formatException(record.exc_info) if record.exc_info else None,
        )


class _Lines(logging.StreamHandler):  # type: ignore[type-arg]
    terminator = ""


def configure(*, service: str, level: str, pod: str = "") -> None:
    """Sends all that is logged in this process to standard output, one line for each record."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # each line is written at its end, without a flush
    handler = _Lines(sys.stdout)
    handler.setFormatter(JsonFormatter(service, pod))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)


def refuse(reason: str) -> NoReturn:
    """Ends a process that can't start, with the reason as its last line."""
    sys.stdout.write(logs.line(level="ERROR", service=os.environ.get("SERVICE_NAME", ""), message=reason))
    sys.exit(1)


class RequestLog:
    """The writer of one line for each request, without the cost of a log record.

    Requests of `quiet` routes (probes, scrapes) are written at the level DEBUG only.
    """

    def __init__(self, *, service: str, level: str, pod: str = "", quiet: frozenset[str] = frozenset()) -> None:
        self._service = service
        self._pod = pod or None
        self._quiet = frozenset() if level == "DEBUG" else quiet
        self._constant = functools.lru_cache(maxsize=1024)(self._constant_members)

    def write(self, current: Correlation, method: str, route: str, status: int, seconds: float) -> None:
        """Writes the line of a request. `route` is the template, such as `/users/{user_id}`."""
        if route in self._quiet:
            return
        # The ids have been checked: nothing in them needs an escape.
        parent = f'"parent_id":"{current.parent_id}",' if current.parent_id else ""
        sys.stdout.write(
            f'{{"timestamp":"{logs.timestamp()}","request_id":"{current.request_id}","trace_id":"{current.trace_id}",'
            f'"span_id":"{current.span_id}",{parent}"duration_ms":{seconds * 1000:.3f},'
            f"{self._constant(method, route, status)}"
        )

    def _constant_members(self, method: str, route: str, status: int) -> str:
        """Returns the end of a line, which is the same for all requests of a route with the same status.

        A method that HTTP does not know is a caller's own text, of any length.
        """
        method = method if method in METHODS else "_OTHER"
        level = "ERROR" if status >= 500 else "INFO"
        members = {"level": level, "service": self._service, "message": "request", "method": method, "route": route}
        pod = {"pod": self._pod} if self._pod else {}
        return json.dumps({**members, "status": status, **pod}, separators=(",", ":"))[1:] + "\n"
