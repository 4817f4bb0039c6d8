"""The shares of the hops, from log lines. Nothing is measured here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.chain import PARTS, shares


def lines(gateway: int, function: float, upstream: float, ingress: int, pod: float) -> dict[str, dict[str, Any]]:
    """Returns the lines of a request's hops, with their milliseconds."""
    return {
        "gateway": {"duration_ms": str(gateway)},
        "orchestrator": {"duration_ms": function, "upstream_ms": upstream},
        "ingress": {"duration_ms": ingress},
        "users": {"duration_ms": pod},
    }


def test_each_hop_has_the_time_that_it_takes_itself() -> None:
    expected = dict(zip(PARTS, (0.6, 0.1, 0.15, 0.05, 0.1), strict=True))
    assert shares([lines(20, 8, 6, 3, 2.0)]) == pytest.approx(expected)


def test_shares_are_those_of_all_requests_together() -> None:
    """A line of Envoy has whole milliseconds, so that one request alone may have a hop with less than nothing."""
    both = shares([lines(20, 8, 6, 3, 2.0), lines(20, 8, 6, 1, 2.0)])
    assert sum(both.values()) == pytest.approx(1)
    assert both[PARTS[3]] == pytest.approx(0.0)
