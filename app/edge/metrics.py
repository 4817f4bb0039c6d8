"""CloudWatch metrics inside log lines: the embedded metric format needs no call and no agent.

Dimensions are the contract's routes and services, never anything that a caller sent.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

NAMESPACE = "crosscloud"

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


def _text(*directives: Directive) -> str:
    return json.dumps(directives, separators=(",", ":"))


ROUTE = _text(_ROUTE)
"""Of a line with the members `service`, `route`, Count, Latency (milliseconds), Errors (ours: 5xx)."""
UPSTREAM = _text(_UPSTREAM)
"""Of a line with `service`, `upstream`, UpstreamCount, UpstreamLatency (milliseconds), UpstreamErrors."""
ROUTE_AND_UPSTREAM = _text(_ROUTE, _UPSTREAM)
BREAKER = _text(_BREAKER)
"""Of a line with `service`, `upstream`, `state`, BreakerTransitions."""


def embedded(directives: str) -> str:
    """The member of a line that makes metrics of others."""
    return f'"_aws":{{"Timestamp":{int(time.time() * 1000)},"CloudWatchMetrics":{directives}}}'
