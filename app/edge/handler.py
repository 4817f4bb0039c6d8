"""The Lambda function's entry point: every invocation ends with an answer and one log line."""

from __future__ import annotations

import functools
import os
import time
import traceback
from typing import Any, Protocol

from app.contract.correlation import accept
from app.contract.problems import ProblemError
from app.edge import request, responses
from app.edge.logs import Log
from app.edge.orchestrator import Exchange, Orchestrator
from app.edge.request import Event
from app.edge.retries import Retries
from app.edge.secrets import CachedSecret
from app.edge.settings import Settings
from app.edge.upstream import Ingress


class Context(Protocol):
    """What is used of the runtime's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: Event, context: Context) -> dict[str, Any]:
    """Answers one request of the HTTP API. Raises nothing: an unexpected failure is a 500 and a logged stack trace."""
    started = time.perf_counter()
    headers = request.headers(event)
    exchange = Exchange(
        event=event,
        correlation=accept(headers.get("x-request-id"), headers.get("traceparent"), headers.get("tracestate")),
        deadline=time.monotonic() + context.get_remaining_time_in_millis() / 1000,
    )
    log = Log(service="orchestrator", level="INFO")
    try:
        orchestrator, log = _assembled()
        response = orchestrator.answer(exchange)
    except ProblemError as error:
        response = responses.problem(error, exchange.correlation)
    except Exception:  # noqa: BLE001 - the last resort: callers get a problem, the log the stack
        exchange.told["stack"] = traceback.format_exc()
        response = responses.internal_error(exchange.correlation)
    log.request(
        exchange.correlation,
        method=exchange.route.partition(" ")[0] if " " in exchange.route else None,
        route=exchange.route,
        status=response["statusCode"],
        duration_ms=round((time.perf_counter() - started) * 1000, 3),
        aws_request_id=context.aws_request_id,
        **exchange.told,
    )
    return responses.finished(response, exchange.correlation)


@functools.cache
def _assembled() -> tuple[Orchestrator, Log]:
    """Once per environment. Raises SettingsError; the next invocation tries again."""
    settings = Settings.from_environment(os.environ)
    log = Log(service=settings.service, level=settings.log_level)
    secret = CachedSecret(
        settings.tls_secret_arn,
        os.environ,
        on_stale=lambda reason: log.write("WARNING", "The client certificate could not be renewed.", reason=reason),
    )
    ingress = Ingress(settings.upstream_url, secret, Retries())
    return Orchestrator(ingress, scope_prefix=settings.scope_prefix), log
