"""Computes an order from its events alone.

The state of an order is stored beside its events, so that one read finds it. It says nothing that they do not say.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.commerce.domain import money, orders
from app.commerce.domain.events import TYPES, Event
from app.commerce.domain.orders import Line, Order, Status

STATUSES = {type_: status for status, type_ in TYPES.items()}
"""The state that an order gets by each type of event."""


class HistoryError(Exception):
    """The events are no history of one order: one is missing, is of another order, or can't follow on the others."""


def folded(events: Sequence[Event]) -> Order:
    """Returns the order whose events these are, the first one first.

    Raises HistoryError for events that are no history, and TransitionError for states that do not follow one another.
    """
    if not events:
        raise HistoryError("An order has at least one event.")
    order = _placed(events[0])
    for event in events[1:]:
        order = _after(order, event)
    return order


def _placed(event: Event) -> Order:
    if (event.type, event.sequence) != (TYPES[Status.PENDING], 1):
        raise HistoryError(
            f"The first event of an order is {TYPES[Status.PENDING]} 1, not {event.type} {event.sequence}."
        )
    return Order(
        id=event.order_id,
        customer_id=event.customer_id,
        status=Status.PENDING,
        version=event.sequence,
        currency=event.data["currency"],
        lines=tuple(
            Line(
                product_id=item["product_id"],
                quantity=item["quantity"],
                unit_price=money.minor_units(item["unit_price"]),
            )
            for item in event.data["items"]
        ),
        created_at=event.occurred_at,
        updated_at=event.occurred_at,
    )


def _after(order: Order, event: Event) -> Order:
    if (event.order_id, event.customer_id, event.sequence) != (order.id, order.customer_id, order.version + 1):
        raise HistoryError(
            f"Event {order.version + 1} of {order.id} is missing: {event.type} {event.sequence} comes next."
        )
    return orders.in_state(
        order,
        STATUSES[event.type],
        at=event.occurred_at,
        invoice_id=event.data.get("invoice_id"),
        reason=event.data.get("reason"),
    )
