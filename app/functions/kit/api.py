"""The one entry point of the functions behind the HTTP API.

For each request it sees to the trace, authorises the caller, checks what was sent against the contract, calls the
operation's handler, turns errors into problems, and writes one log line.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.contract.correlation import Correlation, accept
from app.contract.operation import Operation
from app.contract.problems import NOT_FOUND, ProblemError
from app.functions.kit import invocation, metrics, ownership, request, responses, tracing
from app.functions.kit.authorisation import Authorisation
from app.functions.kit.failure import FailureError
from app.functions.kit.invocation import Context
from app.functions.kit.logs import Log, LogEntry
from app.functions.kit.principal import Principal
from app.functions.kit.request import Event, Request, Validators
from app.functions.kit.responses import Response

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

UNMATCHED = "unmatched"
"""The route of a request for which there is no operation: what callers send makes no dimension of metrics."""


@dataclass(frozen=True, kw_only=True)
class RequestContext:
    """A request that is allowed and valid, with what belongs to it."""

    request: Request
    operation: Operation
    principal: Principal | None
    """The caller; None for a public operation."""
    correlation: Correlation
    deadline: float
    """The moment, on time.monotonic, after which nothing new may begin."""
    log_entry: LogEntry
    """The request's log line, to which a handler may add."""

    @property
    def subject(self) -> str:
        """The subject of the caller's token; empty for a public operation."""
        return self.principal.subject if self.principal else ""

    def parameter(self, name: str, default: Any = None) -> Any:
        """Returns a parameter of the path, the query or the headers, by the contract's name."""
        return self.request.parameters.get(name, default)


Handler = Callable[[RequestContext], Response]
"""Answers the requests of one operation. Raises ProblemError.

A 5xx that it returns is an answer of a service which the contract passes on, such as the refusal of a service that has
no place left. What the function itself can't do is raised."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts that a function consists of, assembled once per environment when its settings have been read."""

    log: Log
    authorisation: Authorisation
    handlers: Mapping[str, Handler]
    """The handlers by operation id; every operation of the function has one."""
    sample_rate: float = 0.0
    """The share of the traces beginning here that is recorded, 0 to 1. A caller's own choice counts first."""
    spans: Spans | None = None
    """The sender of spans; None where there is no collector."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """A function behind the HTTP API, before its settings are read."""

    name: str
    """The function's name in log lines until the settings give another."""
    operations: Mapping[str, Operation]
    """The operations that it answers, by route key."""
    validators: Validators
    """The generated module with the checks of parameters and bodies."""
    budget: float = math.inf
    """Seconds after which a request begins nothing new. By default Lambda's own limit holds."""
    route_metrics: bool = False
    """True if each request counts for its route in CloudWatch: a custom metric per route and month costs money
    (docs/costs.md)."""

    def handle(self, event: Event, context: Context, assemble: Callable[[], Parts]) -> Response:
        """Answers one request. Raises nothing: an unexpected failure is a 500 and a logged stack trace."""
        headers = request.headers(event)
        entry = LogEntry(
            correlation=accept(headers.get("x-request-id"), headers.get("traceparent"), headers.get("tracestate")),
            fields={"route": UNMATCHED},
        )
        log = Log(service=self.name, level="INFO")
        deadline = invocation.deadline(context, budget=self.budget)
        failed, started = False, tracing.now()
        spans: Spans | None = None
        try:
            parts = assemble()
            log = parts.log
            entry.correlation = entry.correlation.sampled_at(parts.sample_rate)
            if parts.spans is not None:
                parts.spans.begin()
                # A dry event is nobody's request.
                if entry.correlation.sampled and event.get("routeKey") in self.operations:
                    spans, parts.spans.current = parts.spans, entry.correlation
            response = self._respond(event, headers, parts, entry, deadline)
        except ProblemError as error:
            entry.fields["reason"] = error.reason if isinstance(error, FailureError) else error.detail
            response, failed = responses.problem(error, entry.correlation), error.kind.status >= 500
        except Exception:  # noqa: BLE001 - the last resort: callers get a problem, the log the stack
            entry.fields["stack"] = traceback.format_exc()
            response, failed = responses.internal_error(entry.correlation), True
        self._log(log, entry, response["statusCode"], context.aws_request_id, failed=failed)
        if spans is not None:
            tracing.request(spans, entry, event, response["statusCode"], context.aws_request_id, started=started)
            spans.flush(context)
        return responses.finished(response, entry.correlation)

    def _respond(
        self, event: Event, headers: Mapping[str, str], parts: Parts, entry: LogEntry, deadline: float
    ) -> Response:
        """Returns the answer of the operation's handler. Raises ProblemError."""
        operation = self.operations.get(str(event.get("routeKey")))
        if operation is None:
            raise ProblemError(NOT_FOUND, "There is no such route.")
        entry.fields |= {"method": operation.route_key.partition(" ")[0], "route": operation.route_key}
        caller = parts.authorisation.authorise(event, headers, operation, deadline=deadline)
        if caller.principal is not None:
            entry.fields |= {"subject": caller.principal.subject, "api_key": caller.key_owner}
        checked = request.read(event, headers, operation, self.validators)
        ownership.check(operation, caller.principal, checked)
        handler = parts.handlers[operation.operation_id]
        return handler(
            RequestContext(
                request=checked,
                operation=operation,
                principal=caller.principal,
                correlation=entry.correlation,
                deadline=deadline,
                log_entry=entry,
            )
        )

    def _log(self, log: Log, entry: LogEntry, status: int, aws_request_id: str, *, failed: bool) -> None:
        """Writes the request's line. A service's 5xx that is passed on is no failure of this function."""
        milliseconds = entry.milliseconds
        entry.fields |= {"status": status, "duration_ms": milliseconds, "aws_request_id": aws_request_id}
        if self.route_metrics:
            entry.fields |= {"Count": 1, "Latency": milliseconds, "Errors": int(status >= 500)}
            entry.directives.append(metrics.ROUTE)
        log.entry("request", entry, level="ERROR" if failed else "WARNING" if status >= 500 else "INFO")
