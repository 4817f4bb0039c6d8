"""Figures are counted from the lines of the history: rates, failures and percentiles."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from console import figures
from console.context import Context


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.95, 4.0), (0.0, 1.0), (0.75, 3.0), (0.76, 4.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert figures.percentile([1.0, 2.0, 3.0, 4.0], share) == value


def test_figures_of_routes_count_refusals_and_failures(context: Context, write: Callable[[str, str], None]) -> None:
    for status, ms in ((200, 10), (404, 20), (503, 30), (200, 40)):
        moment = {"timestamp": "2026-11-30T19:00:00Z", "service": "gateway", "message": "request"}
        write("gateway.jsonl", json.dumps({**moment, "route": "GET /made", "status": status, "duration_ms": ms}) + "\n")
    context.catch_up()
    (made,) = [each for each in figures.by_route(context.store, "all") if each.name == "GET /made"]
    assert (made.count, made.refused, made.failed, made.p50, made.p99) == (4, 1, 1, 20, 40)


def test_a_request_with_parts_counts_once(context: Context, write: Callable[[str, str], None]) -> None:
    line = {"timestamp": "2026-11-30T19:00:00Z", "service": "made", "route": "GET /made"}
    for own in ({"message": "request", "duration_ms": 9}, *[{"message": "part", "upstream_ms": 8}] * 3):
        write("functions.jsonl", json.dumps({**line, **own}) + "\n")
    context.catch_up()
    assert [each.count for each in figures.by_part(context.store, "all") if each.name == "made"] == [1]
    now = context.store.rows("select max(ended) from lines where service = 'made'")[0][0] + 60
    assert sum(bucket.count for bucket in figures.series(context.store, "1h", part="made", now=now).buckets) == 1


def test_a_series_has_every_request_in_its_bucket(context: Context) -> None:
    began = [row[0] for row in context.store.rows("select began from lines where service = 'gateway' order by 1")]
    made = figures.series(context.store, "1h", now=began[-1] + 1)
    assert sum(bucket.count for bucket in made.buckets) == len(began)
    for bucket in made.buckets:
        inside = [each for each in began if bucket.began <= each < bucket.began + made.seconds]
        assert bucket.count == len(inside)
