"""The rules that hold for a shop after any failure, once nothing is on its way any more."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from app.commerce.domain import history
from app.commerce.storage.database import Database
from app.commerce.storage.orders import Orders
from tests.support.shop import Shop
from tests.support.waiting import PATIENCE

HISTORIES = {
    "PENDING": ["order.placed"],
    "CONFIRMED": ["order.placed", "order.confirmed"],
    "INVOICED": ["order.placed", "order.confirmed", "order.invoiced"],
    "CANCELLED": ["order.placed", "order.cancelled"],
    "FAILED": ["order.placed", "order.confirmed", "order.failed"],
}
LIVE = ("PENDING", "CONFIRMED", "INVOICED")


def check(shop: Shop, supplied: Mapping[str, int], *, settled: bool = True) -> None:
    """Asserts the invariants. `supplied` is all that ever came into stock, by product. With `settled` false events may
    still be on their way."""
    entries = shop.items("orders")
    orders = {entry["order_id"]: entry for entry in entries if entry["entry"] == "order"}
    histories = defaultdict(list)
    for entry in sorted(entries, key=lambda each: each["entry"]):
        if entry["entry"] != "order":
            histories[entry["order_id"]].append(json.loads(entry["document"]))
    assert histories.keys() == orders.keys()
    database = Database(client=shop.dynamodb, deadline=time.monotonic() + PATIENCE)
    stored = Orders(database=database, table=shop.names["orders"])
    for order_id, order in orders.items():
        assert [event["type"] for event in histories[order_id]] == HISTORIES[order["status"]]
        assert [event["sequence"] for event in histories[order_id]] == list(range(1, order["version"] + 1))
        assert stored.get(order_id) == history.folded(stored.history(order_id))
    _stock(shop, supplied, orders)
    _invoices(shop, orders)
    if settled:
        assert not {order["status"] for order in orders.values()} & {"PENDING", "CONFIRMED"}
        assert {
            order for order, each in orders.items() if each["status"] == "INVOICED"
        } == shop.services.invoices.keys()
        recorded = {event["id"] for history in histories.values() for event in history}
        assert shop.services.events.keys() == recorded


def _stock(shop: Shop, supplied: Mapping[str, int], orders: Mapping[str, Any]) -> None:
    reserved: dict[str, int] = defaultdict(int)
    for order in orders.values():
        if order["status"] in LIVE:
            for line in order["lines"]:
                reserved[line["product_id"]] += line["quantity"]
    products = {item["product_id"]: item for item in shop.items("products")}
    assert products.keys() == supplied.keys()
    for product_id, product in products.items():
        assert product["quantity"] >= 0
        assert product["reserved"] == reserved[product_id]
        assert product["quantity"] + product["reserved"] == supplied[product_id]


def _invoices(shop: Shop, orders: Mapping[str, Any]) -> None:
    """Asserts that an order has at most one invoice, of its exact total, and none if it ended otherwise."""
    for order_id, invoice in shop.services.invoices.items():
        order = orders[order_id]
        assert order["status"] in ("CONFIRMED", "INVOICED")
        cents = order["total"]
        assert invoice["shown"]["total"] == f"{cents // 100}.{cents % 100:02d}"
        if order["status"] == "INVOICED":
            assert order["invoice_id"] == invoice["shown"]["id"]
