"""All that happens at every request, in one ASGI middleware: a second middleware would cost as much again."""

from __future__ import annotations

from collections.abc import Awaitable
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.contract.correlation import accept
from app.contract.problems import SLOW_BODY, TOO_LARGE, ProblemError
from app.services.kit import problems
from app.services.kit.deadlines import Deadlines
from app.services.kit.logs import RequestLog, correlation
from app.services.kit.metrics import Metrics
from app.services.kit.tracing import Trace, active

if TYPE_CHECKING:
    from app.services.kit.spans import Spans

MAX_BODY = 64 * 1024
"""The largest body in bytes. The edge has a smaller limit for each operation."""
BODY_TIMEOUT = 5.0
"""Seconds within which a body must arrive. The server itself has no such limit."""

UNMATCHED = "unmatched"
"""The route that is logged for a request that matches none."""

_CLOSE = {"connection": "close"}  # the rest of the body must not be read as the next request


class RequestMiddleware:
    """The middleware of every service.

    It reads or makes the request id and the trace context, writes the log line, counts metrics, records spans, limits
    the body, and answers errors.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        log: RequestLog,
        metrics: Metrics,
        spans: Spans | None = None,
        max_body: int = MAX_BODY,
        body_timeout: float = BODY_TIMEOUT,
    ) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics
        self._spans = spans
        self._max_body = max_body
        self._body_timeout = body_timeout
        self._deadlines = Deadlines(body_timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        headers = dict(scope["headers"])
        current = accept(
            _text(headers.get(b"x-request-id")), _text(headers.get(b"traceparent")), _text(headers.get(b"tracestate"))
        )
        token = correlation.set(current)
        trace = Trace(current) if current.sampled and self._spans is not None else None
        if trace is not None:
            active.set(trace)
        status = 0

        def send_with_id(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", current.request_id.encode())]
            return send(message)

        try:
            declared = headers.get(b"content-length", b"0")
            if declared != b"0" or b"transfer-encoding" in headers:
                receive = self._limited(receive, declared)
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - callers get a problem document for each, the log gets the unexpected ones
            answer = problems.answer_to(error, started=status != 0)
            if answer is not None:
                await answer(scope, receive, send_with_id)
        finally:
            seconds = perf_counter() - started
            route = getattr(scope.get("route"), "path", UNMATCHED)
            method = scope["method"]
            status = status or 500  # cancelled by the end of the process, for which the server answers 500
            self._metrics.observe(method, route, status, seconds)
            self._log.write(current, method, route, status, seconds)
            if trace is not None and self._spans is not None:
                active.set(None)
                self._spans.record(trace, scope, route=None if route == UNMATCHED else route, status=status)
            correlation.reset(token)

    def _limited(self, receive: Receive, declared: bytes) -> Receive:
        """Returns a `receive` that raises BodyError for a body that is too long or too slow.

        Raises BodyError at once when the declared length is too long.
        """
        if declared.isdigit() and (len(declared) > 9 or int(declared) > self._max_body):
            raise problems.BodyError(self._too_large())
        received = 0
        deadline = self._deadlines.begin()

        async def limited() -> Message:
            nonlocal received
            if deadline.done:
                return await receive()
            try:
                with deadline:
                    message = await receive()
            except TimeoutError:
                detail = f"A body must arrive within {self._body_timeout:g} seconds."
                raise problems.BodyError(ProblemError(SLOW_BODY, detail, headers=_CLOSE)) from None
            received += len(message.get("body", b""))
            deadline.done = not message.get("more_body", False)
            if received > self._max_body:
                raise problems.BodyError(self._too_large())
            return message

        return limited

    def _too_large(self) -> ProblemError:
        return ProblemError(TOO_LARGE, f"A body has at most {self._max_body} bytes.", headers=_CLOSE)


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None
