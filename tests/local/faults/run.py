"""One fault under traffic: the same for each of them, on a machine and in a cluster."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal

from tests.local.faults.fault import Fault, PlaceOf
from tests.local.faults.traffic import PRICE, STOCK, Traffic
from tests.support.customer import INVOICED
from tests.support.faults_page import Seen
from tests.support.stack import Stack
from tests.support.waiting import eventually

ORDERS = 5
"""Orders that must be acknowledged before a fault, and again after it."""
AFTER = 2.0
"""Seconds in which a fault that is over may still show itself to callers."""


def runs_as_before(stack: Stack) -> bool:
    """Tells whether every process of the stack is ready and every Deployment has its pods."""
    status = stack.state()
    processes = {process["state"] for process in status.get("processes", [])}
    return processes <= {"ready"} and all(each["ready"] >= each["desired"] for each in status["deployments"])


def brought_about(fault: Fault[PlaceOf], place: PlaceOf, traffic: Traffic) -> Seen:
    """Brings a fault about while customers call, waits until all is well again, and returns what was measured.

    Asserts that they got no answer but those that the fault allows, and no wrong one.
    """
    with traffic.running():
        _succeeding(traffic)
        began = time.monotonic()
        healed = fault.act(place) or time.monotonic()
        time.sleep(AFTER)
        eventually(lambda: runs_as_before(traffic.stack), what="everything runs as before")
        whole = time.monotonic()
        _succeeding(traffic)
    assert not traffic.wrong, f"wrong answers: {traffic.wrong[:3]}"
    failures = traffic.failures(since=began)
    assert failures.keys() <= fault.statuses, f"not all of these are allowed: {failures}"
    return Seen(
        calls=sum(call.ended >= began for call in traffic.calls),
        failed=failures.total(),
        orders=len(traffic.orders),
        answered=traffic.seconds_to_recover(healed),
        whole=whole - healed,
    )


def _succeeding(traffic: Traffic) -> None:
    """Returns when callers have succeeded for a while, with some new orders."""
    before = len(traffic.orders)
    eventually(lambda: traffic.quiet() and len(traffic.orders) >= before + ORDERS, what="the callers' success")


def assert_books_are_right(traffic: Traffic) -> None:
    """Asserts that each acknowledged order is invoiced once and each of its events counted once, that no other order is
    there, and that money and stock add up."""
    customer, orders = traffic.customer, traffic.orders
    assert orders
    assert len(set(orders)) == len(orders), "an order was acknowledged for two keys"
    events = {f"{event} {order}" for order in orders for event in INVOICED}
    eventually(lambda: events <= customer.counted().keys(), what=f"every event of {len(orders)} orders")
    counts = customer.counted()
    assert counts == Counter(events), f"missing: {events - counts.keys()}; too many: {counts - Counter(events)}"
    there = {order["id"]: order["status"] for order in customer.all("/orders")}
    assert there.keys() == set(orders), f"lost, or without an answer: {there.keys() ^ set(orders)}"
    assert set(there.values()) == {"INVOICED"}, there
    invoices = customer.invoices()
    assert invoices.keys() == set(orders), f"orders without an invoice, or the reverse: {invoices.keys() ^ set(orders)}"
    total = sum(Decimal(invoice["total"]) for invoice in invoices.values())
    assert total == len(orders) * Decimal(PRICE), f"{len(orders)} orders have invoices of {total}"
    stock = customer.stock(traffic.product)
    assert stock == (STOCK - len(orders), len(orders)), f"{len(orders)} orders left {stock}"
