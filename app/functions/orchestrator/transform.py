"""Makes path, query and headers of a service's request from a checked public one.

A value stays what it is, whatever it holds.
"""

from __future__ import annotations

from urllib.parse import quote

from app.contract import callers
from app.contract.correlation import Correlation
from app.contract.operation import Forward, Source
from app.contract.problems import NOT_FOUND, ProblemError
from app.functions.kit.principal import Principal
from app.functions.kit.request import Request


def target(forward: Forward, request: Request) -> str:
    """Returns path and query. Raises ProblemError (404) for a value that can't be a segment of a path."""
    segments = {name: _segment(request.get(source)) for name, source in forward.parameters.items()}
    path = forward.path.format_map(segments) if segments else forward.path
    query = []
    for name, source in forward.query.items():
        value = request.get(source) if isinstance(source, Source) else source
        if value is not None:
            query.append(f"{name}={quote(str(value), safe='')}")
    return f"{path}?{'&'.join(query)}" if query else path


def headers(
    forward: Forward, request: Request, correlation: Correlation, principal: Principal | None
) -> dict[str, str]:
    """Returns the headers of the service's request.

    Nothing that a caller sent reaches a service unless it is named here or in the contract. `principal` is the caller;
    None for a public operation.
    """
    result = {
        "accept": "application/json",
        "user-agent": "crosscloud-orchestrator",
        "x-request-id": correlation.request_id,
        "traceparent": correlation.traceparent,
    }
    if correlation.tracestate:
        result["tracestate"] = correlation.tracestate
    if principal is not None:
        result[callers.PRINCIPAL], result[callers.REACH] = principal.name, principal.reach.value
    if forward.body:
        result["content-type"] = "application/json"
    for name, source in forward.headers.items():
        value = request.get(source) if isinstance(source, Source) else source
        if value is not None:
            result[name] = str(value)
    return result


def _segment(source: object) -> str:
    value = str(source)
    if value in ("", ".", ".."):  # means another path even when it is encoded
        raise ProblemError(NOT_FOUND, "There is nothing with this name.")
    return quote(value, safe="")
