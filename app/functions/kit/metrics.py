"""CloudWatch metrics inside log lines: the embedded metric format needs no call and no agent.

Dimensions are the contract's routes and services, never anything that a caller sent.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

from app.contract.metrics import UNITS

NAMESPACE = os.environ.get("METRICS_NAMESPACE", "crosscloud")
"""The namespace of the stack's metrics: stacks may share an account."""

Directive = dict[str, Any]
"""Which members of a line are metrics, with their units, and which are the dimensions of these."""


def directive(dimensions: Iterable[str], units: Mapping[str, str]) -> Directive:
    """Returns the directive for a line that has the dimensions and the metrics as members."""
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    return {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}


ROUTE = directive(["service", "route"], {"Count": "Count", "Latency": "Milliseconds", "Errors": "Count"})
"""Requests of a route. `Errors` counts the answers with a status from 500 on."""
UPSTREAM = directive(
    ["service", "upstream"],
    {"UpstreamCount": "Count", "UpstreamLatency": "Milliseconds", "UpstreamErrors": "Count"},
)
"""Calls of a service."""
BREAKER = directive(["service", "upstream", "state"], {"BreakerTransitions": "Count"})
"""Changes of a circuit breaker's state."""
CERTIFICATES = directive(["service"], {"CertificateDaysLeft": "None"})
"""Days until the first of the certificates between a function and the ingress ends."""


def of_service(names: Iterable[str]) -> Directive:
    """Returns the directive for metrics of `app.contract.metrics`, whose one dimension is the service."""
    return directive(["service"], {name: UNITS[name] for name in names})


def embedded(directives: Iterable[Directive]) -> dict[str, Any]:
    """Returns the member `_aws` of a line, which makes metrics of other members."""
    return {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": list(directives)}
