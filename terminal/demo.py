"""The command `demo`: a product, a customer and an order, and the order's way through both clouds."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from cyclopts import App
from rich.console import Console
from rich.table import Table

from api_docs import page
from app.contract.events import types
from cluster.target import saved
from local import issuer
from local.errors import LocalError
from local.issuer import Holder
from local.machine import Machine
from terminal import clone
from terminal.caller import Caller, new_request_id
from terminal.logs.files import lines
from terminal.logs.line import Line
from terminal.logs.selection import Selection

app = App(name="demo")

EVENTS = (types.PLACED, types.CONFIRMED, types.INVOICED)
"""The events of an order that ends well, which analytics counts one after the other."""
PATIENCE = 60.0
"""Seconds within which the order must have gone its way. On a free machine it takes three to ten."""
PAUSE = 0.2
"""Seconds between two looks at the order."""


class Person:
    """Somebody with a token that holds every scope which counts for them."""

    def __init__(self, machine: Machine, holder: Holder, name: str) -> None:
        self._caller = Caller(machine, issuer.token(machine, holder, scope=issuer.scopes(machine, holder)))
        self.request_id = name
        """The X-Request-Id of the requests that change something."""

    def get(self, path: str) -> Any:
        """Returns what is at a path. Raises LocalError."""
        return self._caller.send("GET", path).json()

    def post(self, path: str, body: object) -> Any:
        """Creates something and returns it. Raises LocalError."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
            "X-Request-Id": self.request_id,
        }
        return self._caller.send("POST", path, body=json.dumps(body), headers=headers).json()


@app.default
def demo() -> None:
    """Make a product, sign a customer in, place an order, and show its way through both clouds.

    What it makes stays until `make down PURGE=1`, and the examples of the API's page name it.
    """
    machine, console = clone.machine(), Console(highlight=False, soft_wrap=True)
    name = new_request_id("demo")
    staff = Person(machine, issuer.staff("bob"), name)
    customer = Person(machine, issuer.customer("alice"), f"{name}-order")
    product = staff.post("/products", {"name": "Notebook", "price": "4.50", "currency": "EUR", "stock": 10})
    console.print(f"bob, of the staff, offers the product {product['id']}: 10 notebooks at 4.50 EUR.")
    began = time.monotonic()
    order = customer.post("/orders", {"items": [{"product_id": product["id"], "quantity": 2}]})
    console.print(f"alice, a customer, signs in and orders two of them: {order['id']}, {order['total']} EUR.")
    page.exemplify(machine, {"ProductId": product["id"], "OrderId": order["id"]})
    _follow(customer, order["id"], began, console)
    (invoice,) = (each for each in customer.get("/users/alice/invoices")["items"] if each["order_id"] == order["id"])
    console.print(f"She has the invoice {invoice['id']} of {invoice['total']} EUR.\n")
    if not saved(machine):
        console.print(way(lines(machine, Selection(request_id=customer.request_id))))
    console.print(f"\nEvery line of it: ./crosscloud logs --request-id {customer.request_id}")


def _follow(customer: Person, order: str, began: float, console: Console) -> None:
    """Shows each state of an order as it is reached, and returns when all of its events are counted.

    Raises LocalError when that takes too long.
    """
    state, counted = "", set[str]()
    while not counted >= set(EVENTS):
        if time.monotonic() - began > PATIENCE:
            missing = [event for event in EVENTS if event not in counted]
            raise LocalError(
                f"After {PATIENCE:.0f} s the order {order} is {state}, and analytics has no {' and no '.join(missing)} "
                f"of it. See `./crosscloud status`, and `./crosscloud logs --request-id {customer.request_id}`."
            )
        if (now := customer.get(f"/orders/{order}")["status"]) != state:
            state = now
            console.print(f"  {time.monotonic() - began:4.1f} s  {state}")
        counted = {
            each["type"]
            for each in customer.get("/users/alice/activity?limit=100")["items"]
            if each["attributes"].get("order_id") == order
        }
        time.sleep(PAUSE)


def way(lines: Sequence[Line]) -> Table:
    """Returns the hops of a request in the order in which they began, with their times in milliseconds."""
    table = Table("after ms", "part", "what", "took ms", box=None, pad_edge=False)
    first = min((line.began for line in lines), default=None)
    for line in lines:
        took = line.fields.get("duration_ms")
        if first is not None and took is not None:
            after = (line.began - first).total_seconds() * 1000
            table.add_row(f"{after:.0f}", line.service, _described(line.fields), f"{took:.0f}")
    return table


def _described(fields: Mapping[str, Any]) -> str:
    """Returns `POST /invoices 201`, or `published order.placed` for an event."""
    route = str(fields.get("route") or "")
    method = "" if " " in route else fields.get("method")
    known = (method, route, fields.get("status")) if route else (fields.get("message"), fields.get("type"))
    return " ".join(str(each) for each in known if each)
