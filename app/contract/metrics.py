"""Names the metrics that the functions write into their log lines, and that alarms and the dashboard read by name."""

from __future__ import annotations

ORDERS_PLACED = "OrdersPlaced"
ORDERS_OUT_OF_STOCK = "OrdersOutOfStock"
ORDERS_CANCELLED = "OrdersCancelled"
ORDERS_INVOICED = "OrdersInvoiced"
ORDERS_FAILED = "OrdersFailed"
RELAY_LAG = "RelayLag"
"""The milliseconds from an event's moment until the bus has it."""

FAILURES = "Failures"
"""The failures of a function: answers with a status from 500 on, messages that it could not work on, batches that it
could not publish. Like DEAD_LETTERS, the metric has the dimensions of `BY_VERSION`."""
DEAD_LETTERS = "DeadLetters"
"""Messages and events that can never be worked on, counted when that is known and not when their queue has them."""
BY_VERSION = (("service",), ("service", "version"))
"""The sets of dimensions of what is counted for a function and for each of its versions: alarms read the first, a
delivery compares versions by the second. CloudWatch charges a metric for the hours in which it has data, so that these
two cost next to nothing while all is well."""

UPSTREAM_COUNT = "UpstreamCount"
UPSTREAM_LATENCY = "UpstreamLatency"
"""The milliseconds of a call of a service."""
UPSTREAM_ERRORS = "UpstreamErrors"
"""The calls of a service that failed. As the two above it has the dimensions `service` and `upstream`."""
BREAKER_TRANSITIONS = "BreakerTransitions"
"""The changes of a circuit breaker, with the dimensions `service`, `upstream` and `state`."""
CERTIFICATE_DAYS_LEFT = "CertificateDaysLeft"
"""The days until the certificates of the calls to the services end, with the dimension `service`."""

UNITS = {
    ORDERS_PLACED: "Count",
    ORDERS_OUT_OF_STOCK: "Count",
    ORDERS_CANCELLED: "Count",
    ORDERS_INVOICED: "Count",
    ORDERS_FAILED: "Count",
    RELAY_LAG: "Milliseconds",
}
"""CloudWatch's unit of each metric with the one dimension `service`."""

Metrics = dict[str, float]
"""Values by the names of metrics."""
