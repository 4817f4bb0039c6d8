"""The time that one event has in fulfilment, and the number of events that one call may therefore get.

The program that declares the function and the function itself must agree on it.
"""

from __future__ import annotations

SECONDS_PER_EVENT = 6.0
"""Seconds for one event: two calls of services, each with its retries, and the order's states."""
RESERVE = 0.5
"""Seconds of an invocation that are kept for the answer and its log lines."""


def events_within(timeout: float) -> int:
    """Returns how many events a call of so many seconds has time for, the least number being 1.

    With more, the last ones would have next to no time, and their failures would look like failures of the services.
    """
    return max(1, int((timeout - RESERVE) // SECONDS_PER_EVENT))
