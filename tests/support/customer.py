"""A customer of the shop, who uses the public endpoint.

A request that is refused for now (429) is repeated, as any client may do. So is one whose data can't be reached (503),
if it only reads or has an Idempotency-Key. Nothing else is repeated unless a test says so.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3

from tests.support.contract import all_scopes
from tests.support.runbook import command
from tests.support.stack import Stack
from tests.support.waiting import eventually

Answer = urllib3.BaseHTTPResponse
INVOICED = ["order.placed", "order.confirmed", "order.invoiced"]
CANCELLED = ["order.placed", "order.cancelled"]


class Customer:
    def __init__(self, stack: Stack, name: str) -> None:
        self.name, self.token, self._stack = name, stack.token(sub=name, scope=all_scopes()), stack

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        refusals = {429, 503} if method == "GET" or "Idempotency-Key" in sent_headers else {429}

        def answered() -> Answer | None:
            answer = self._stack.request(method, path, token=self.token, json_body=body, headers=sent_headers)
            if answer.status not in refusals:
                return answer
            # Without this pause 50 clients keep the machine from recovering.
            time.sleep(min(float(answer.headers.get("retry-after", 0)), 2))
            return None

        answer: Answer = eventually(answered, what=f"an answer to {method} {path}")
        return answer

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.data
        return answer.json()

    def all(self, path: str) -> list[dict[str, Any]]:
        """Returns the items of all pages of a list."""
        items, cursor = [], ""
        while True:
            page = self.get(f"{path}?limit=100{cursor}")
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    # ---- products

    def product(self, *, stock: int = 20, price: str = "4.55") -> str:
        """Creates a product and returns its id."""
        body = {"name": "Notebook", "price": price, "currency": "EUR", "stock": stock}
        answer = self.ask("POST", "/products", body, Idempotency_Key=new_key())
        assert answer.status == 201, answer.data
        product: str = answer.json()["id"]
        return product

    def stock(self, product: str) -> tuple[int, int]:
        """Returns the number of items in stock and the number that orders have reserved."""
        shown = self.get(f"/products/{product}")
        return shown["stock"], shown["reserved"]

    # ---- orders

    def order(self, product: str, quantity: int = 1, **headers: str) -> Answer:
        return self.ask("POST", "/orders", {"items": [{"product_id": product, "quantity": quantity}]}, **headers)

    def placed(self, product: str, quantity: int = 1, **headers: str) -> str:
        """Places an order and returns its id."""
        answer = self.order(product, quantity, **headers)
        assert answer.status == 201, answer.data
        order: str = answer.json()["id"]
        return order

    def status(self, order: str) -> str:
        status: str = self.get(f"/orders/{order}")["status"]
        return status

    def history(self, order: str) -> list[str]:
        return [event["type"] for event in self.get(f"/orders/{order}/events")["items"]]

    def invoices(self) -> dict[str, dict[str, Any]]:
        """Returns the customer's invoices by the id of their order."""
        invoices = self.all(f"/users/{self.name}/invoices")
        by_order = {invoice["order_id"]: invoice for invoice in invoices}
        assert len(by_order) == len(invoices), "an order has two invoices"
        return by_order

    def counted(self) -> Counter[str]:
        """Counts the events that analytics has, by type and order: `order.placed 0d1f...`."""
        return Counter(f"{event['type']} {event['attributes']['order_id']}" for event in self._activity())

    def settled(self, *orders: str, outcome: str = "INVOICED") -> None:
        """Waits until analytics has every event of the orders, and asserts that each order has the outcome."""
        events = INVOICED if outcome == "INVOICED" else CANCELLED
        missing = {f"{event} {order}" for order in orders for event in events}

        def known() -> bool:
            return missing <= self.counted().keys()

        eventually(known, what=f"everything about {len(orders)} orders in analytics")
        for order in orders:
            assert (self.status(order), self.history(order)) == (outcome, events)
            assert all(self.counted()[f"{event} {order}"] == 1 for event in events)

    def _activity(self) -> list[dict[str, Any]]:
        return self.all(f"/users/{self.name}/activity")


@contextmanager
def paused(stack: Stack, consumer: str = "fulfilment") -> Iterator[None]:
    """Stops a consumer of events until the end of the block, as the runbook says."""
    done = stack.deliver(command(f"events pause {consumer}"))
    assert done.code == 0, done.err
    try:
        yield
    finally:
        done = stack.deliver(command(f"events resume {consumer}"))
        assert done.code == 0, done.err


def types_of_today(customer: Customer) -> Counter[str]:
    today = dt.datetime.now(dt.UTC).date()
    summary = customer.get(f"/analytics/summary?from={today}&to={today}")
    return Counter({one["type"]: one["count"] for one in summary["by_type"] if one["type"].startswith("order.")})


def new_key() -> str:
    return f"key-{uuid.uuid4()}"
