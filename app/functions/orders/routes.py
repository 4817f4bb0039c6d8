"""What each operation on orders does. The customer is the token's subject."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from app.commerce.domain import events
from app.commerce.domain.events import Event
from app.commerce.domain.orders import NotPossibleError, Order, OutOfStockError, Status, Wanted, place, unknown
from app.commerce.domain.products import Product
from app.commerce.ledger import Ledger, OvertakenError
from app.commerce.storage.database import Action, ConditionsFailedError, Database, unavailable
from app.commerce.storage.idempotency import Answer, Keys
from app.commerce.storage.products import line_name, product
from app.contract.logs import timestamp
from app.contract.metrics import ORDERS_OUT_OF_STOCK, ORDERS_PLACED
from app.contract.problems import CONFLICT, INVALID, NOT_FOUND, ProblemError
from app.functions.kit import pages as pagination
from app.functions.kit.api import Asked, Route
from app.functions.kit.aws import Client

ATTEMPTS = 5
"""Of an order whose products, or whose state, change while it is looked at."""

_CUSTOMER = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the services take as a user's id."""
_MOMENT = re.compile(r"[0-9TZ:.-]{20,32}")
_ORDER_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, kw_only=True)
class OrderDesk:
    """`orders`, `products` and `keys` are the names of the tables."""

    client: Client
    orders: str
    products: str
    keys: str

    def routes(self) -> Mapping[str, Route]:
        return {
            "createOrder": self.create,
            "listOrders": self.page,
            "getOrder": self.read,
            "cancelOrder": self.cancel,
            "listOrderEvents": self.history,
        }

    def create(self, asked: Asked) -> Answer:
        customer = _customer(asked)
        wanted = [Wanted(**item) for item in asked.request.body["items"]]
        ledger = self._ledger(asked)
        keys = Keys(database=ledger.database, table=self.keys)
        claimed = asked.claim()

        def effect() -> Answer:
            for _ in range(ATTEMPTS):
                found = ledger.products.get_all(each.product_id for each in wanted)
                order = place(wanted, found, order_id=str(uuid4()), customer_id=customer, at=timestamp())
                answer = _shown(order, 201, location=f"/orders/{order.id}")
                actions = _placing(ledger, order, found, asked)
                try:
                    ledger.database.transact([*actions, *keys.store(claimed, answer)])
                except ConditionsFailedError as refused:
                    _refuse(order, refused)
                else:
                    asked.counted[ORDERS_PLACED] = 1
                    return answer
            raise unavailable()

        try:
            return keys.once(claimed, effect)
        except OutOfStockError:
            asked.counted[ORDERS_OUT_OF_STOCK] = 1
            raise

    def page(self, asked: Asked) -> Answer:
        limit = asked.parameter("limit", pagination.DEFAULT_LIMIT)
        cursor = asked.parameter("cursor")
        after = None
        if cursor:
            created_at, order_id = pagination.decode(cursor, _MOMENT, _ORDER_ID)
            after = (created_at, order_id)
        found = self._ledger(asked).orders.page(_customer(asked), limit + 1, after)
        body = pagination.page(found, limit, Order.document, lambda each: [each.created_at, each.id])
        return Answer(status=200, headers={}, body=body)

    def read(self, asked: Asked) -> Answer:
        return _shown(_own(self._ledger(asked), asked), 200)

    def cancel(self, asked: Asked) -> Answer:
        ledger = self._ledger(asked)
        for _ in range(ATTEMPTS):
            order = _own(ledger, asked)
            if order.status is Status.CANCELLED:
                return _shown(order, 200)
            try:
                return _shown(ledger.advance(order, Status.CANCELLED, asked.correlation), 200)
            except NotPossibleError:
                detail = f"The order is {order.status}; only one that is {Status.PENDING} can be cancelled."
                raise ProblemError(CONFLICT, detail) from None
            except OvertakenError:
                continue
        raise unavailable()

    def history(self, asked: Asked) -> Answer:
        ledger = self._ledger(asked)
        order = _own(ledger, asked)
        return Answer(
            status=200, headers={}, body={"items": [_told(event) for event in ledger.orders.history(order.id)]}
        )

    def _ledger(self, asked: Asked) -> Ledger:
        database = Database(client=self.client, deadline=asked.deadline)
        return Ledger.of(database, orders=self.orders, products=self.products, counted=asked.counted)


def _placing(ledger: Ledger, order: Order, found: Mapping[str, Product], asked: Asked) -> list[Action]:
    """The order, its event and the reserved stock."""
    return [
        *ledger.orders.place(order, events.reached(order, asked.correlation)),
        *(ledger.products.take(i, line, found[line.product_id]) for i, line in enumerate(order.lines)),
    ]


def _refuse(order: Order, refused: ConditionsFailedError) -> None:
    """Raises ProblemError that names the lines, or the error when the key is taken. Returns when products have other
    versions by now, so that the order would have other prices."""
    if "key" in refused.found:
        raise refused
    lines = {i: refused.found[line_name(i)] for i in range(len(order.lines)) if line_name(i) in refused.found}
    if gone := [i for i, item in lines.items() if item is None]:
        raise unknown(gone)
    if short := [i for i, item in lines.items() if item and product(item).quantity < order.lines[i].quantity]:
        raise OutOfStockError(short)


def _own(ledger: Ledger, asked: Asked) -> Order:
    """Raises ProblemError (404), also for the order of somebody else: nobody learns that there is one."""
    order = ledger.orders.get(asked.parameter("orderId").lower())
    if order is None or order.customer_id != asked.subject:
        raise ProblemError(NOT_FOUND, "You have no order with this id.")
    return order


def _customer(asked: Asked) -> str:
    """Raises ProblemError (422) for a subject under which no invoice could be written."""
    if _CUSTOMER.fullmatch(asked.subject) is None:
        detail = "The token's subject can't be a customer: it needs 1 to 64 of A-Z, a-z, 0-9, _ and -."
        raise ProblemError(INVALID, detail)
    return asked.subject


def _shown(order: Order, status: int, *, location: str | None = None) -> Answer:
    headers = {"etag": f'"{order.version}"'} | ({"location": location} if location else {})
    return Answer(status=status, headers=headers, body=order.document())


def _told(event: Event) -> dict[str, object]:
    """What a customer sees of an event."""
    return {
        "id": event.id,
        "type": event.type,
        "sequence": event.sequence,
        "occurred_at": event.occurred_at,
        "data": event.data,
    }
