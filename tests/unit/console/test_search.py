"""Requests and lines are found by what their addresses say."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from console import figures, orders, search
from console.context import Context
from console.search import Filter
from tests.unit.console.test_hops import ORDER, RETRIED


def found(context: Context, **query: str) -> list[tuple[int, str]]:
    filter_ = Filter.of({"since": "all", **query})
    return [(row["status"], row["route"]) for row in search.requests(context.store, filter_).rows]


def test_all_requests_come_newest_first(context: Context) -> None:
    rows = search.requests(context.store, Filter(period="all")).rows
    assert len(rows) == 8
    assert [row["began"] for row in rows] == sorted((row["began"] for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({"status": "4xx"}, [401, 403, 404, 422]),
        ({"status": "422"}, [422]),
        ({"status": "5xx"}, []),
        ({"route": "GET /products"}, [200]),
        ({"route": "GET /users/{userId}"}, [200, 401, 404]),
        ({"slower": "100000"}, []),
        ({"q": ORDER}, [201]),
        ({"q": "anna-1 order.confirmed"}, [201, 201]),
        ({"q": "no such word"}, []),
        ({"q": "100%"}, []),
        ({"status": "9xx", "slower": "soon", "level": "loud"}, [200, 200, 201, 201, 401, 403, 404, 422]),
    ],
)
def test_a_filter_leaves_what_it_says(context: Context, query: dict[str, str], statuses: list[int]) -> None:
    assert sorted(status for status, _ in found(context, **query)) == statuses


def test_an_orders_id_finds_its_request(context: Context) -> None:
    order = context.store.rows("select order_id from lines where request_id = ? and order_id <> ''", [RETRIED])[0][0]
    filter_ = Filter.of({"since": "all", "q": order})
    assert [row["request_id"] for row in search.requests(context.store, filter_).rows] == [RETRIED]


def test_a_period_leaves_out_what_is_older(context: Context) -> None:
    began = [row["began"] for row in context.store.rows("select began from lines order by began")]
    wanted = search.conditions(Filter(period="5m"), now=began[-1] + 299)
    query = f"select count(*) from lines where {wanted.clause}"
    assert 0 < context.store.rows(query, wanted.values)[0][0] < len(began)


def test_a_level_takes_the_higher_ones_along(context: Context, write: Callable[[str, str], None]) -> None:
    for level in ("DEBUG", "WARNING", "ERROR"):
        write("gateway.jsonl", json.dumps({"service": "made", "level": level, "message": level}) + "\n")
    context.catch_up()
    filter_ = Filter.of({"since": "all", "level": "warning", "part": "made"})
    assert {row["level"] for row in search.lines(context.store, filter_).rows} == {"WARNING", "ERROR"}


def test_signs_of_a_pattern_are_taken_as_they_are(context: Context, write: Callable[[str, str], None]) -> None:
    write("emulator.log", "100% of a_b\n100 of acb\n")
    context.catch_up()
    for text in ("100%", "a_b"):
        rows = search.lines(context.store, Filter(period="all", text=text)).rows
        assert [row["message"] for row in rows] == ["100% of a_b"]


def test_a_long_list_says_how_many_there_are(context: Context, write: Callable[[str, str], None]) -> None:
    write("emulator.log", "one of many\n" * (search.MOST + 50))
    context.catch_up()
    lines = search.lines(context.store, Filter(period="all", text="one of many"))
    assert (len(lines.rows), lines.total) == (search.MOST, search.MOST + 50)


def test_the_ways_name_each_part_once_in_order(context: Context) -> None:
    ways = search.ways(context.store, [ORDER])
    assert ways[ORDER][:3] == ["gateway", "orders", "relay"]
    assert len(set(ways[ORDER])) == len(ways[ORDER])


# ---- figures


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


def test_a_series_has_every_request_in_its_bucket(context: Context) -> None:
    began = [row[0] for row in context.store.rows("select began from lines where service = 'gateway' order by 1")]
    made = figures.series(context.store, "1h", now=began[-1] + 1)
    assert sum(bucket.count for bucket in made.buckets) == len(began)
    for bucket in made.buckets:
        inside = [each for each in began if bucket.began <= each < bucket.began + made.seconds]
        assert bucket.count == len(inside)


# ---- orders


def test_orders_show_how_far_they_came_and_how_often_they_were_tried(context: Context) -> None:
    by_request = {order.request_id: order for order in orders.orders(context.store, since=0.0)}
    assert {request: order.state for request, order in by_request.items()} == {ORDER: "INVOICED", RETRIED: "INVOICED"}
    assert (by_request[ORDER].tries, by_request[ORDER].failures) == (1, 0)
    assert (by_request[RETRIED].tries, by_request[RETRIED].failures) == (2, 1)


def test_events_of_an_order_tell_when_they_were_published_and_worked_on(context: Context) -> None:
    (order,) = [each for each in orders.orders(context.store, since=0.0) if each.request_id == RETRIED]
    events = orders.events(context.store, order.id)
    assert [event.state for event in events] == ["PENDING", "CONFIRMED", "INVOICED"]
    assert [event.receives for event in events] == [2, 1, 1]
    for event in events:
        assert event.published is not None
        assert event.done is not None
        assert event.published < event.done


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("", ["open", "open", "open"]),
        ("PENDING", ["now", "open", "open"]),
        ("CONFIRMED", ["done", "now", "open"]),
        ("INVOICED", ["done", "done", "done"]),
        ("CANCELLED", ["done", "done"]),
        ("FAILED", ["done", "done", "done"]),
    ],
)
def test_the_steps_of_an_order_end_where_it_is(state: str, steps: list[str]) -> None:
    assert [how for _, how in orders.steps(state)] == steps
