"""Orders, from the log and from the table: their states, events and tries, and the page of one."""

from __future__ import annotations

import re

import pytest

from console import orders
from console.context import Context
from tests.unit.console.client import Client, words
from tests.unit.console.conftest import PlayedEmulator
from tests.unit.console.test_hops import ORDER, RETRIED


def test_an_order_shows_its_events_and_its_way_through_both_clouds(client: Client, context: Context) -> None:
    row = context.store.rows("select order_id from lines where request_id = ? and order_id <> ''", [RETRIED])[0]
    page = client.page(f"/orders/{row['order_id']}")
    text = words(page)
    assert re.findall(r'<li class="done">(\w+)</li>', page) == ["PENDING", "CONFIRMED", "INVOICED"]
    assert "Its way through both clouds" in text
    assert "AWS" in text
    assert "Azure" in text
    assert "The table can't be asked while the stack is down" in text


def test_an_order_of_the_table_is_shown_although_no_line_tells_of_it(client: Client, emulator: PlayedEmulator) -> None:
    order = {"entry": "order", "status": "PENDING", "version": "1", "total": "455", "currency": "EUR"}
    emulator.entries = [{**order, "customer_id": "anna"}]
    assert "4.55 EUR" in words(client.page("/orders/0d1f"))
    emulator.entries = []
    assert client.get("/orders/other").status_code == 404


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
