"""CloudWatch metrics inside log lines: the embedded metric format needs no call and no agent.

Dimensions are the contract's routes and services, never anything that a caller sent.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping

from app.contract import logs
from app.functions.kit.breaker import State

NAMESPACE = os.environ.get("METRICS_NAMESPACE", "crosscloud")
"""Of each stack its own: stacks may share an account."""

Directive = dict[str, object]


def _directive(dimensions: list[str], units: Mapping[str, str]) -> Directive:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    return {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics}


_ROUTE = _directive(["service", "route"], {"Count": "Count", "Latency": "Milliseconds", "Errors": "Count"})
_UPSTREAM = _directive(
    ["service", "upstream"],
    {"UpstreamCount": "Count", "UpstreamLatency": "Milliseconds", "UpstreamErrors": "Count"},
)
_BREAKER = _directive(["service", "upstream", "state"], {"BreakerTransitions": "Count"})
_CERTIFICATES = _directive(["service"], {"CertificateDaysLeft": "None"})


def _text(*directives: Directive) -> str:
    return json.dumps(directives, separators=(",", ":"))


ROUTE = _text(_ROUTE)
"""Of a line with the members `service`, `route`, Count, Latency (milliseconds), Errors (ours: 5xx)."""
UPSTREAM = _text(_UPSTREAM)
"""Of a line with `service`, `upstream`, UpstreamCount, UpstreamLatency (milliseconds), UpstreamErrors."""
ROUTE_AND_UPSTREAM = _text(_ROUTE, _UPSTREAM)
BREAKER = _text(_BREAKER)
"""Of a line with `service`, `upstream`, `state`, BreakerTransitions."""

CERTIFICATES = _text(_CERTIFICATES)
"""Of a line with `service`, CertificateDaysLeft."""


def of_service(units: Mapping[str, str]) -> str:
    """Of a line with the member `service` and a member for each of the metrics."""
    return _text(_directive(["service"], units))


def embedded(directives: str) -> str:
    """The member of a line that makes metrics of others."""
    return f'"_aws":{{"Timestamp":{int(time.time() * 1000)},"CloudWatchMetrics":{directives}}}'


def measuring(line: str, directives: str) -> str:
    """A log line (`app.contract.logs.line`) that makes metrics of its members."""
    return f"{line[:-2]},{embedded(directives)}}}\n"


def transition(service: str, upstream: str, state: State) -> str:
    """The line of a circuit breaker that has changed its state."""
    line = logs.line(
        level="INFO" if state == "closed" else "WARNING",
        service=service,
        message=f"The circuit to {upstream} is {state}.",
        upstream=upstream,
        state=state,
        BreakerTransitions=1,
    )
    return measuring(line, BREAKER)


def certificates(service: str, days: float) -> str:
    """The line that tells for how many days the function and the ingress can still prove who they are."""
    line = logs.line(level="INFO", service=service, message="certificates", CertificateDaysLeft=round(days, 2))
    return measuring(line, CERTIFICATES)
