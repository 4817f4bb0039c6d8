"""Names the metrics that the functions write into their log lines, and that alarms and the dashboard read by name."""

from __future__ import annotations

ORDERS_PLACED = "OrdersPlaced"
ORDERS_OUT_OF_STOCK = "OrdersOutOfStock"
ORDERS_CANCELLED = "OrdersCancelled"
ORDERS_INVOICED = "OrdersInvoiced"
ORDERS_FAILED = "OrdersFailed"
RELAY_LAG = "RelayLag"
"""The milliseconds from an event's moment until the bus has it."""

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
