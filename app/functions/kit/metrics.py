"""CloudWatch metrics inside log lines: the embedded metric format needs no call and no agent.

Dimensions are the contract's routes and services, never anything that a caller sent.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping

from app.contract import metrics
from app.contract.metrics import UNITS

NAMESPACE = os.environ.get("METRICS_NAMESPACE", "crosscloud")
"""The namespace of the stack's metrics: stacks may share an account."""

VERSION = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
"""The version of the function that runs, which the runtime names
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime)."""

Directive = str
"""The metrics among the members of a line, with their units, and their dimensions: JSON text, which is made once."""


def directive(units: Mapping[str, str], *dimensions: Iterable[str]) -> Directive:
    """Returns the directive for a line that has the dimensions and the metrics as members.

    The metrics count once for each of the sets of dimensions.
    """
    counted = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    content = {"Namespace": NAMESPACE, "Dimensions": [list(names) for names in dimensions], "Metrics": counted}
    return json.dumps(content, separators=(",", ":"))


ROUTE = directive({"Count": "Count", "Latency": "Milliseconds", "Errors": "Count"}, ["service", "route"])
"""Requests of a route. `Errors` counts the answers with a status from 500 on."""
UPSTREAM = directive(
    {"UpstreamCount": "Count", "UpstreamLatency": "Milliseconds", "UpstreamErrors": "Count"},
    ["service", "upstream"],
)
"""Calls of a service."""
BREAKER = directive({"BreakerTransitions": "Count"}, ["service", "upstream", "state"])
"""Changes of a circuit breaker's state."""
CERTIFICATES = directive({"CertificateDaysLeft": "None"}, ["service"])
"""Days until the first of the certificates between a function and the ingress ends."""
FAILURES = directive({metrics.FAILURES: "Count"}, *metrics.BY_VERSION)
"""Lines that say what the function failed at."""
DEAD_LETTERS = directive({metrics.DEAD_LETTERS: "Count"}, *metrics.BY_VERSION)
"""Lines that say what can never be worked on."""


def of_service(names: Iterable[str]) -> Directive:
    """Returns the directive for metrics of `app.contract.metrics`, whose one dimension is the service."""
    return directive({name: UNITS[name] for name in names}, ["service"])


def embedded(directives: Iterable[Directive]) -> str:
    """Returns the member `_aws` of a line, as JSON text, which makes metrics of other members."""
    return f'"_aws":{{"Timestamp":{int(time.time() * 1000)},"CloudWatchMetrics":[{",".join(directives)}]}}'
