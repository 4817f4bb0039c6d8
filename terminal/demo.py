"""The command `demo`: a product, a customer and an order, and the order's way through both clouds."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3
from cyclopts import App
from rich.console import Console
from rich.table import Table

from cluster.target import saved
from local import issuer
from local.errors import LocalError
from local.issuer import Holder
from local.machine import Machine
from terminal import clone
from terminal.logs.files import lines
from terminal.logs.line import Line
from terminal.logs.selection import Selection

app = App(name="demo")

EVENTS = ("order.placed", "order.confirmed", "order.invoiced")
"""The events of an order that ends well, which analytics counts one after the other."""
PATIENCE = 60.0
"""Seconds within which the order must have gone its way. On a free machine it takes three to ten."""
PAUSE = 0.2
"""Seconds between two looks at the order."""
SECONDS = 30
"""Seconds that an answer may take, as at the gateway."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody with a token, who sends requests through the public endpoint."""

    machine: Machine
    token: str
    http: urllib3.PoolManager
    request_id: str
    """The X-Request-Id of requests that change something. It ties the log lines of all hops together."""

    @classmethod
    def signed_in(cls, machine: Machine, holder: Holder, request_id: str) -> Caller:
        """Returns a caller with a token of the local issuer, which holds every scope that counts for them."""
        return cls(
            machine=machine,
            token=issuer.token(machine, holder, scope=issuer.scopes(machine, holder)),
            http=urllib3.PoolManager(ca_certs=str(machine.home / "ca.crt"), retries=False, timeout=SECONDS),
            request_id=request_id,
        )

    def get(self, path: str) -> Any:
        """Returns what is at a path. Raises LocalError."""
        return self._send("GET", path, {}, None)

    def post(self, path: str, body: object) -> Any:
        """Creates something and returns it. Raises LocalError."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
            "X-Request-Id": self.request_id,
        }
        return self._send("POST", path, headers, json.dumps(body))

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: str | None) -> Any:
        url = f"{self.machine.endpoint_url}{path}"
        try:
            answer = self.http.request(
                method, url, body=body, headers={"Authorization": f"Bearer {self.token}", **headers}
            )
        except urllib3.exceptions.HTTPError as error:
            raise LocalError(
                f"{method} {path} got no answer: {error}. See `./crosscloud status`; `make up` starts what is down."
            ) from None
        if answer.status >= 300:
            text = answer.data.decode(errors="replace")
            raise LocalError(f"{method} {path} was answered with {answer.status} {text}. See `./crosscloud status`.")
        return answer.json()


@app.default
def demo() -> None:
    """Make a product, sign a customer in, place an order, and show its way through both clouds.

    What it makes stays until `make down PURGE=1`.
    """
    machine, console = clone.machine(), Console(highlight=False, soft_wrap=True)
    request_id = f"demo-{uuid.uuid4().hex[:8]}"
    staff = Caller.signed_in(machine, issuer.staff("bob"), request_id)
    customer = Caller.signed_in(machine, issuer.customer("alice"), f"{request_id}-order")
    product = staff.post("/products", {"name": "Notebook", "price": "4.50", "currency": "EUR", "stock": 10})
    console.print(f"bob, of the staff, offers the product {product['id']}: 10 notebooks at 4.50 EUR.")
    began = time.monotonic()
    order = customer.post("/orders", {"items": [{"product_id": product["id"], "quantity": 2}]})
    console.print(f"alice, a customer, signs in and orders two of them: {order['id']}, {order['total']} EUR.")
    _follow(customer, order["id"], began, console)
    (invoice,) = (each for each in customer.get("/users/alice/invoices")["items"] if each["order_id"] == order["id"])
    console.print(f"She has the invoice {invoice['id']} of {invoice['total']} EUR.\n")
    if not saved(machine):
        console.print(way(lines(machine, Selection(request_id=customer.request_id))))
    console.print(f"\nEvery line of it: ./crosscloud logs --request-id {customer.request_id}")


def _follow(customer: Caller, order: str, began: float, console: Console) -> None:
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


def way(found: Sequence[Line]) -> Table:
    """Returns the hops of a request in the order in which they began, with their times in milliseconds."""
    table = Table("after ms", "part", "what", "took ms", box=None, pad_edge=False)
    first = min((line.began for line in found), default=None)
    for line in found:
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
