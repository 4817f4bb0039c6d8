"""What the functions count of orders, with units. Each name becomes a metric with the dimension `service`."""

from __future__ import annotations

from app.commerce.domain.orders import Status

PLACED, OUT_OF_STOCK, RELAY_LAG = "OrdersPlaced", "OrdersOutOfStock", "RelayLag"
REACHED = {Status.CANCELLED: "OrdersCancelled", Status.INVOICED: "OrdersInvoiced", Status.FAILED: "OrdersFailed"}
"""By the state that an order got. It gets each once, so that nothing counts twice when an event comes again."""
UNITS = {RELAY_LAG: "Milliseconds"} | dict.fromkeys((PLACED, OUT_OF_STOCK, *REACHED.values()), "Count")

Counted = dict[str, float]
"""Values by the metrics' names."""
