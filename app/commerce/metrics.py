"""What the functions count in their log lines, as metrics with the dimension `service`."""

from __future__ import annotations

import functools

from app.commerce.domain.orders import Status
from app.edge import metrics

PLACED, OUT_OF_STOCK, RELAY_LAG = "OrdersPlaced", "OrdersOutOfStock", "RelayLag"
REACHED = {Status.CANCELLED: "OrdersCancelled", Status.INVOICED: "OrdersInvoiced", Status.FAILED: "OrdersFailed"}
"""By the state that an order got. It gets each once, so that nothing counts twice when an event comes again."""
UNITS = {RELAY_LAG: "Milliseconds"} | dict.fromkeys((PLACED, OUT_OF_STOCK, *REACHED.values()), "Count")

Counted = dict[str, float]
"""Values by the metrics' names."""


@functools.cache
def directives(*names: str) -> str:
    return metrics.of_service({name: UNITS[name] for name in names})
