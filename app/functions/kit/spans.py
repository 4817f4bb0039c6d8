"""The spans of one environment: they are noted while an invocation runs, and sent at its end.

Afterwards Lambda freezes the process: what a thread would send later could be lost. So a caller whose request is
sampled waits for the collector, for FLUSH_TIMEOUT at most; nobody else waits, and no failure of it is one of a request.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping

from app.contract.conventions import REQUEST_ID
from app.contract.correlation import Correlation
from app.functions.kit.environment import Settings
from app.functions.kit.invocation import Context
from app.functions.kit.logs import Log
from app.functions.kit.otlp import CollectorError, Ids, Sender, Span, Value, encoded

FLUSH_TIMEOUT = 0.25
"""Seconds that the end of an invocation waits for the collector at most."""
RESERVE = 0.1
"""Seconds of an invocation that are left for its answer."""
MOST = 256
"""Spans that wait at most; beyond it they are dropped, and counted."""
PAUSE = 10.0
"""Seconds for which no other attempt is made after one that failed: an outage costs few callers their time."""
HEADERS_TIMEOUT = 2.0
"""Seconds that fetching the headers takes at most: longer than a caller waits, so that the next one finds them."""
COMPLAINTS = 60.0
"""Seconds between two log lines about lost spans."""

Headers = Callable[[float], Mapping[str, str]]
"""Returns the headers of a request to the collector within some seconds. Raises CollectorError."""


class Spans:
    """Notes spans of sampled work, and sends them with `flush`."""

    def __init__(self, endpoint: str, resource: Mapping[str, Value], headers: Headers, log: Log) -> None:
        self._sender, self._resource, self._headers, self._log = Sender(endpoint), resource, headers, log
        self._waiting: list[Span] = []
        self._sending: threading.Thread | None = None
        self._given_up: threading.Thread | None = None
        self._lost = 0
        self._resume_at = self._complain_at = float("-inf")
        self.current: Correlation | None = None
        """The work that is under way, if it is sampled: calls of AWS are parts of it."""
        self.is_cold = False
        """True during the first invocation."""
        self._was_used = False

    def begin(self) -> None:
        """Begins an invocation, sampled or not."""
        self.is_cold, self._was_used = not self._was_used, True

    def add(
        self,
        name: str,
        kind: int,
        of: Correlation,
        attributes: Mapping[str, Value],
        *,
        started: int,
        ended: int | None = None,
        links: tuple[Ids, ...] = (),
        error: str | None = None,
    ) -> None:
        """Notes a span with the ids of `of`, if that is sampled. It ends now where nothing else is said."""
        if not of.sampled:
            return
        if len(self._waiting) >= MOST:
            self._lost += 1
            return
        self._waiting.append(
            Span(
                name,
                kind,
                of.trace_id,
                of.span_id,
                of.parent_id,
                started,
                ended or time.time_ns(),
                {**attributes, REQUEST_ID: of.request_id},
                links,
                error,
                of.tracestate,
            )
        )

    def flush(self, context: Context) -> None:
        """Sends what was noted, and waits for it within the invocation's time. Raises nothing."""
        self.current = None
        spans, self._waiting = self._waiting, []
        if not spans:
            return
        timeout = min(FLUSH_TIMEOUT, context.get_remaining_time_in_millis() / 1000 - RESERVE)
        if timeout <= 0:
            self._lose(len(spans), "The invocation had no time left.")
        elif time.monotonic() < self._resume_at:
            self._lose(len(spans), "The collector has failed just before.")
        elif self._sending is not None and self._sending.is_alive():
            self._lose(len(spans), "The collector has not answered yet.")
        else:
            # In a thread, because the look-up of a name has no time-out.
            self._sending = threading.Thread(target=self._send, args=(spans, timeout), name="spans", daemon=True)
            self._sending.start()
            self._sending.join(timeout)
            if self._sending.is_alive():
                self._given_up = self._sending
                self._resume_at = time.monotonic() + PAUSE
                self._lose(len(spans), f"The collector took longer than {timeout:g} s.")

    def close(self) -> None:
        """Ends the connection to the collector, once it is not in use any more."""
        if self._sending is not None:
            self._sending.join()
        self._sender.close()

    def _send(self, spans: list[Span], timeout: float) -> None:
        try:
            headers = self._headers(HEADERS_TIMEOUT)
            self._sender.send(encoded(self._resource, spans), headers, timeout=timeout)
        except CollectorError as error:
            self._resume_at = time.monotonic() + PAUSE
            if threading.current_thread() is not self._given_up:  # then they are counted already
                self._lose(len(spans), f"The collector did not take them: {error}.")

    def _lose(self, count: int, reason: str) -> None:
        """Counts lost spans. A line says how many there are, at most one in COMPLAINTS seconds."""
        self._lost += count
        now = time.monotonic()
        if now >= self._complain_at:
            self._complain_at = now + COMPLAINTS
            self._log.write("WARNING", f"Spans are lost: {self._lost} since the last such line.", reason=reason)
            self._lost = 0


def connect(settings: Settings, log: Log, endpoint: str) -> Spans:
    """Returns the spans of this environment, for the collector at `endpoint`."""
    return Spans(endpoint, _resource(settings), _headers(settings, log), log)


def _resource(settings: Settings) -> dict[str, Value]:
    """Returns what describes the environment (https://opentelemetry.io/docs/specs/semconv/resource/faas/)."""
    of_runtime = {
        "cloud.region": "AWS_REGION",
        "faas.name": "AWS_LAMBDA_FUNCTION_NAME",
        "faas.version": "AWS_LAMBDA_FUNCTION_VERSION",
        "faas.instance": "AWS_LAMBDA_LOG_STREAM_NAME",
    }
    known: dict[str, Value] = {name: value for name, key in of_runtime.items() if (value := os.environ.get(key))}
    if (memory := os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")).isdigit():
        known["faas.max_memory"] = int(memory) * 1024 * 1024
    return {"service.name": settings.service, "cloud.provider": "aws", "cloud.platform": "aws_lambda", **known}


def _headers(settings: Settings, log: Log) -> Headers:
    """Returns how the headers are had: from their secret, which is fetched when spans are sent first, and kept."""
    if not (arn := settings.variables.get("TELEMETRY_HEADERS_SECRET_ARN")):
        return lambda _: {}
    from app.functions.kit.collector_headers import CollectorHeaders  # noqa: PLC0415 - it imports urllib3

    return CollectorHeaders(arn, settings.variables, log)
