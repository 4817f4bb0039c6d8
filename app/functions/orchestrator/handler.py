"""The Lambda function's entry point: every invocation ends with an answer and one log line."""

from __future__ import annotations

import functools
import os
import time
import traceback
from typing import Any, Protocol

from app.contract.correlation import accept
from app.contract.problems import ProblemError
from app.functions.kit import request, responses
from app.functions.kit.api_keys import ApiKeys
from app.functions.kit.failure import FailureError
from app.functions.kit.request import Event
from app.functions.kit.retries import Retries
from app.functions.kit.secrets import CachedSecret
from app.functions.kit.upstream import Ingress
from app.functions.orchestrator.exchange import Exchange
from app.functions.orchestrator.logs import Log
from app.functions.orchestrator.orchestrator import Orchestrator
from app.functions.orchestrator.settings import Settings

_UNSET = Log(service="orchestrator", level="INFO")
"""For invocations that fail because of the settings."""


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
        headers=headers,
        correlation=accept(headers.get("x-request-id"), headers.get("traceparent"), headers.get("tracestate")),
        deadline=time.monotonic() + context.get_remaining_time_in_millis() / 1000,
    )
    log = _UNSET
    try:
        orchestrator, log = _assembled()
        response = orchestrator.answer(exchange)
    except ProblemError as error:
        if isinstance(error, FailureError):
            exchange.told["reason"] = error.reason
        response = responses.problem(error, exchange.correlation)
    except Exception:  # noqa: BLE001 - the last resort: callers get a problem, the log the stack
        exchange.told["stack"] = traceback.format_exc()
        response = responses.internal_error(exchange.correlation)
    milliseconds = round((time.perf_counter() - started) * 1000, 3)
    log.exchange(exchange, status=response["statusCode"], milliseconds=milliseconds, invocation=context.aws_request_id)
    return responses.finished(response, exchange.correlation)


@functools.cache
def _assembled() -> tuple[Orchestrator, Log]:
    """Once per environment. Raises SettingsError; the next invocation tries again."""
    settings = Settings.from_environment(os.environ)
    log = Log(service=settings.service, level=settings.log_level)

    def secret(arn: str, what: str) -> CachedSecret:
        return CachedSecret(
            arn,
            os.environ,
            on_stale=lambda reason: log.write("WARNING", f"The {what} could not be renewed.", reason=reason),
        )

    ingress = Ingress(
        settings.upstream_url,
        secret(settings.tls_secret_arn, "client certificate"),
        Retries(),
        on_transition=log.breaker,
        on_days_left=log.certificates,
    )
    keys = settings.api_keys_secret_arn
    orchestrator = Orchestrator(
        ingress,
        scope_prefix=settings.scope_prefix,
        sample_rate=settings.trace_sample_rate,
        api_keys=ApiKeys(secret(keys, "API keys")) if keys else None,
    )
    return orchestrator, log
