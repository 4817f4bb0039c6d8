"""All that happens to every request, in one pure ASGI middleware: a second one would cost as much again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.contract.correlation import accept
from app.contract.problems import SLOW_BODY, TOO_LARGE, ProblemError
from app.services.kit import problems
from app.services.kit.deadlines import Deadlines
from app.services.kit.logs import RequestLog, correlation
from app.services.kit.metrics import Metrics

MAX_BODY = 64 * 1024
"""Bytes. The edge's limits per operation are smaller."""
BODY_TIMEOUT = 5.0
"""Seconds in which a body must have arrived: the server itself has no such limit."""

_CLOSE = {"connection": "close"}  # what is left of the body must not be read as the next request
_log = logging.getLogger(__name__)


class RequestMiddleware:
    """Request id and trace context, log line, metrics, limits of the body, and the answer to the unexpected."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        log: RequestLog,
        metrics: Metrics,
        max_body: int = MAX_BODY,
        body_timeout: float = BODY_TIMEOUT,
    ) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics
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
        status = 0

        def send_tied(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", current.request_id.encode())]
            return send(message)

        try:
            declared = headers.get(b"content-length", b"0")
            if declared.isdigit() and (len(declared) > 9 or int(declared) > self._max_body):
                await problems.response(self._too_large())(scope, receive, send_tied)
            elif declared != b"0" or b"transfer-encoding" in headers:
                await self._app(scope, self._limited(receive), send_tied)
            else:
                await self._app(scope, receive, send_tied)
        except Exception:  # noqa: BLE001 - the last resort: callers get a problem, the log the stack
            _log.exception("The request failed unexpectedly.")
            if status == 0:
                await problems.internal_error()(scope, receive, send_tied)
        finally:
            seconds = perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"]
            status = status or 500  # cancelled by the end of the process: the server answers so
            self._metrics.observe(method=method, route=route, status=status, seconds=seconds)
            self._log.write(current, method=method, route=route, status=status, seconds=seconds)
            correlation.reset(token)

    def _limited(self, receive: Receive) -> Receive:
        """Ends a body that turns out to be too long, or that is too slow, with a problem."""
        received = 0
        deadline = self._deadlines.begin()

        async def limited() -> Message:
            nonlocal received
            if deadline.done:
                return await receive()
            try:
                message: Message = await deadline.wait(receive)
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
