"""The names of the events that are published: for those who write them, subscribe to them, and grant the right to.

Each has a schema beside this module: `order.placed.v1.json` describes version 1 of `order.placed`.
"""

from __future__ import annotations

SOURCE = "crosscloud.orders"
"""The publisher of the events, as EventBridge's `source` names it."""

PLACED = "order.placed"
CONFIRMED = "order.confirmed"
INVOICED = "order.invoiced"
CANCELLED = "order.cancelled"
FAILED = "order.failed"

TYPES = (PLACED, CONFIRMED, INVOICED, CANCELLED, FAILED)
"""All types, which EventBridge calls detail types."""

REBUILD = "rebuild-"
"""The beginning of the names of replays that rebuild analytics' counts. No other consumer gets their events."""
