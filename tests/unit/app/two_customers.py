"""Two customers with something of each kind, and requests that name what is theirs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from app.contract import generate
from app.contract.document import load
from app.contract.operation import Operation
from app.contract.reading import Contract
from tests.support.shop import Response
from tests.support.system import Caller, System

DOCUMENT = load(generate.CONTRACT)
CONTRACT = Contract.of(DOCUMENT)
OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations}
EVERY_SCOPE = CONTRACT.scopes
BOB = Caller.staff("bob", EVERY_SCOPE)
ERP = Caller.program("erp", EVERY_SCOPE)
PRICE = {"name": "Notebook", "price": "4.50", "currency": "EUR"}
INVOICE = {"currency": "EUR", "items": [{"product_id": "pen", "quantity": 1, "unit_price": "1.20"}]}
PERIOD = {"currency": "EUR", "from": "2026-11-01", "to": "2026-11-30"}


class World:
    """Two customers with something of each kind. Each test has new ones."""

    def __init__(self, system: System) -> None:
        self.system = system
        mark = uuid.uuid4().hex[:8]
        self.alice, self.mallory = f"alice-{mark}", f"mallory-{mark}"
        self.product = self.made("createProduct", PRICE | {"stock": 20})["id"]
        self.orders = {name: self.order(name) for name in (self.alice, self.mallory)}
        self.system.shop.settle()
        self.invoices = {
            name: self.ask(BOB, "listInvoices", path={"userId": name}).json["items"][0]["id"] for name in self.orders
        }
        for name in self.orders:
            created = self.ask(BOB, "putUser", path={"userId": name}, body={"name": name, "role": "Customer"})
            assert created.status == 201

    def customer(self, name: str) -> Caller:
        return Caller.customer(name, EVERY_SCOPE)

    def ask(self, caller: Caller, operation_id: str, **request: Any) -> Response:
        return self.system.call(caller, OPERATIONS[operation_id], **request)

    def made(self, operation_id: str, body: object, caller: Caller = BOB, **request: Any) -> dict[str, Any]:
        answer = self.ask(caller, operation_id, body=body, **request)
        assert answer.status in (200, 201), answer.text
        content: dict[str, Any] = answer.json
        return content

    def request(self, operation: Operation, owner: str) -> dict[str, Any]:
        """Returns a request of the operation that names what belongs to the owner, wherever it can name it."""
        path = {
            "userId": owner,
            "orderId": self.orders[owner]["id"],
            "invoiceId": self.invoices[owner],
            "productId": self.product,
        }
        return {
            # A service that `make service` has just written has an entry of this name.
            "path": {name: path.get(name, "notebook") for name in operation.path},
            "body": BODIES[operation.operation_id](self, owner) if operation.max_body is not None else None,
        }

    def order(self, name: str) -> dict[str, Any]:
        items = [{"product_id": self.product, "quantity": 1}]
        return self.made("createOrder", {"items": items}, self.customer(name))


def event(user_id: str, id_: str | None = None) -> dict[str, Any]:
    return {
        "id": id_ or str(uuid.uuid4()),
        "type": "login",
        "user_id": user_id,
        "occurred_at": "2026-11-02T09:30:00Z",
    }


BODIES: dict[str, Callable[[World, str], object]] = {
    "lookupUser": lambda _, owner: {"user_id": owner},
    "putUser": lambda *_: {"name": "Mallory", "role": "Owner"},
    "patchUser": lambda *_: {"role": "Owner"},
    "createInvoice": lambda _, owner: INVOICE | {"user_id": owner},
    "recordEvents": lambda _, owner: {"events": [event(owner)]},
    "createReport": lambda *_: PERIOD,
    "createProduct": lambda *_: PRICE | {"stock": 1},
    "putProduct": lambda *_: PRICE,
    "changeStock": lambda *_: {"change": 1},
    "createOrder": lambda world, _: {"items": [{"product_id": world.product, "quantity": 1}]},
}
"""A good body of each operation that takes one, which names the owner where it can."""
