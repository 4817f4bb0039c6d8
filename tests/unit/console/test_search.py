"""Requests and lines are found by what their addresses say."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from console import search
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
    passing = search.conditions(Filter(period="5m"), now=began[-1] + 299)
    query = f"select count(*) from lines where {passing.clause}"
    assert 0 < context.store.rows(query, passing.values)[0][0] < len(began)


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
