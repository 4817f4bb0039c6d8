"""An order is what its events say."""

from dataclasses import replace

import pytest

from app.commerce.domain import history, orders
from app.commerce.domain.events import event_of_state
from app.commerce.domain.history import HistoryError
from app.commerce.domain.orders import Line, Order, Status
from app.commerce.errors import TransitionError
from app.contract.correlation import accept

ID = "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10"
PLACED = Order(
    id=ID,
    customer_id="alice",
    status=Status.PENDING,
    version=1,
    currency="EUR",
    lines=(
        Line(product_id="p1", quantity=3, unit_price=35),
        Line(product_id="p2", quantity=1, unit_price=99_999_998_94),
    ),
    created_at="2026-11-30T10:00:00.000Z",
    updated_at="2026-11-30T10:00:00.000Z",
)
WAYS = {
    "placed": [],
    "cancelled": [(Status.CANCELLED, {})],
    "confirmed": [(Status.CONFIRMED, {})],
    "invoiced": [(Status.CONFIRMED, {}), (Status.INVOICED, {"invoice_id": "i1"})],
    "failed": [(Status.CONFIRMED, {}), (Status.FAILED, {"reason": "Billing refused it."})],
}


def told(way: str):
    """Returns the last state of an order that has gone the way, and its events."""
    order, states = PLACED, [PLACED]
    for minute, (status, more) in enumerate(WAYS[way], 1):
        order = orders.in_state(order, status, at=f"2026-11-30T10:0{minute}:00.000Z", **more)
        states.append(order)
    return order, [event_of_state(state, accept(None, None)) for state in states]


@pytest.mark.parametrize("way", WAYS)
def test_the_events_of_every_way_make_the_order(way):
    order, events = told(way)
    assert history.folded(events) == order


def test_events_that_are_no_history_are_refused():
    _, (placed, confirmed, invoiced) = told("invoiced")
    for wrong in (
        [],
        [confirmed],
        [placed, invoiced],
        [placed, confirmed, confirmed],
        [placed, replace(confirmed, order_id="another")],
        [replace(placed, sequence=2)],
    ):
        with pytest.raises(HistoryError):
            history.folded(wrong)
    with pytest.raises(TransitionError):
        history.folded([placed, replace(invoiced, sequence=2)])
