"""One fault under traffic: the same for each of them, on a machine and in a cluster."""

from __future__ import annotations

import time
from decimal import Decimal

from tests.local.faults.fault import Fault, PlaceOf
from tests.local.faults.traffic import PRICE, STOCK, Traffic
from tests.support.faults_page import Seen
from tests.support.waiting import eventually

AFTER = 1.0
"""Seconds in which a fault that is over may still show itself to callers."""


def brought_about(fault: Fault[PlaceOf], place: PlaceOf, traffic: Traffic) -> Seen:
    """Brings a fault about while customers call, waits for their success, and returns what was measured.

    Asserts that they got no answer but those that the fault allows, and no wrong one.
    """
    with traffic.running():
        eventually(traffic.quiet, what="traffic before the fault")
        began = time.monotonic()
        fault.act(place)
        healed = time.monotonic()
        time.sleep(AFTER)
        eventually(traffic.quiet, what="the callers' success")
    assert traffic.wrong == []
    assert traffic.failures().keys() <= fault.statuses, traffic.failures()
    return Seen(
        calls=sum(call.ended >= began for call in traffic.calls),
        failed=traffic.failures().total(),
        orders=len(traffic.orders),
        seconds=traffic.seconds_to_recover(healed),
    )


def assert_books_are_right(traffic: Traffic) -> None:
    """Asserts that each acknowledged order is invoiced once and each of its events counted once, that no other order is
    there, and that money and stock add up."""
    customer, orders = traffic.customer, traffic.orders
    assert orders
    assert len(set(orders)) == len(orders)
    customer.settled(*orders)
    assert sorted(order["id"] for order in customer.all("/orders")) == sorted(orders)
    invoices = customer.invoices()
    assert invoices.keys() == set(orders)
    assert sum(Decimal(invoice["total"]) for invoice in invoices.values()) == len(orders) * Decimal(PRICE)
    assert customer.stock(traffic.product) == (STOCK - len(orders), len(orders))
