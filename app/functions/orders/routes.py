"""The operations on orders. The customer is the subject of the token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.commerce.domain.events import Event
from app.commerce.domain.orders import Order, RequestedLine, Status
from app.commerce.errors import (
    CommerceError,
    InvalidOrderError,
    LineError,
    OutOfStockError,
    OvertakenError,
    TransitionError,
    UnavailableError,
)
from app.commerce.ledger import Ledger
from app.commerce.storage.database import Database
from app.commerce.storage.idempotency import Keys
from app.contract import problems
from app.contract.metrics import ORDERS_OUT_OF_STOCK
from app.contract.problems import CONFLICT, INVALID, NOT_FOUND, ProblemError, Violation
from app.functions.commerce_kit import idempotency
from app.functions.commerce_kit.idempotency import Remember
from app.functions.commerce_kit.problems import translating
from app.functions.kit import conditions, pages, responses
from app.functions.kit.api import Handler, RequestContext
from app.functions.kit.aws import Client
from app.functions.kit.responses import Response

ATTEMPTS = 5
"""The number of attempts to cancel an order, which is read before each because its state may have changed."""

_CUSTOMER = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The user ids that the services take."""
_MOMENT = re.compile(r"[0-9TZ:.-]{20,32}")
_ORDER_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, kw_only=True)
class OrderDesk:
    """The handlers of the operations on orders, with a client of DynamoDB and the names of the tables."""

    client: Client
    orders_table: str
    products_table: str
    keys_table: str

    def handlers(self) -> Mapping[str, Handler]:
        """Returns the handlers by operation id."""
        handlers = {
            "createOrder": self.create,
            "listOrders": self.list,
            "getOrder": self.read,
            "cancelOrder": self.cancel,
            "listOrderEvents": self.history,
        }
        return translating(handlers, _problem)

    def create(self, context: RequestContext) -> Response:
        """Stores a new order, reserves its stock, and answers with it."""
        customer, ledger = _customer(context), self._ledger(context)
        lines = [RequestedLine(**item) for item in context.request.body["items"]]

        def effect(remember: Remember) -> Response:
            order = ledger.place(
                lines,
                customer_id=customer,
                correlation=context.correlation,
                also=lambda order: remember(_created(order)),
            )
            return _created(order)

        try:
            return idempotency.once(Keys(database=ledger.database, table=self.keys_table), context, effect)
        except OutOfStockError:
            context.log_entry.metrics[ORDERS_OUT_OF_STOCK] = 1
            raise

    def list(self, context: RequestContext) -> Response:
        """Answers with a page of the customer's orders, the newest first."""
        limit = context.parameter("limit", pages.DEFAULT_LIMIT)
        cursor = context.parameter("cursor")
        after = None
        if cursor:
            created_at, order_id = pages.decode(cursor, _MOMENT, _ORDER_ID)
            after = (created_at, order_id)
        orders = self._ledger(context).orders.page(_customer(context), limit + 1, after)
        page = pages.page(orders, limit, Order.document, lambda order: [order.created_at, order.id])
        return responses.document(200, page)

    def read(self, context: RequestContext) -> Response:
        """Answers with one order of the customer."""
        return _shown(_own_order(self._ledger(context), context), 200)

    def cancel(self, context: RequestContext) -> Response:
        """Cancels an order of the customer. Whoever cancels it again gets the same answer."""
        ledger = self._ledger(context)
        for _ in range(ATTEMPTS):
            order = _own_order(ledger, context)
            if order.status is Status.CANCELLED:
                return _shown(order, 200)
            try:
                return _shown(ledger.advance(order, Status.CANCELLED, context.correlation), 200)
            except TransitionError:
                detail = f"The order is {order.status}; only one that is {Status.PENDING} can be cancelled."
                raise ProblemError(CONFLICT, detail) from None
            except OvertakenError:
                continue
        raise UnavailableError

    def history(self, context: RequestContext) -> Response:
        """Answers with the events of an order of the customer."""
        ledger = self._ledger(context)
        order = _own_order(ledger, context)
        events = [_event_document(event) for event in ledger.orders.history(order.id)]
        return responses.document(200, {"items": events})

    def _ledger(self, context: RequestContext) -> Ledger:
        return Ledger.of_tables(
            Database(client=self.client, deadline=context.deadline),
            orders=self.orders_table,
            products=self.products_table,
            metrics=context.log_entry.metrics,
        )


def _own_order(ledger: Ledger, context: RequestContext) -> Order:
    """Returns the order that the path names.

    Raises ProblemError (404), also for the order of another customer: nobody learns that it exists.
    """
    order = ledger.orders.get(context.parameter("orderId").lower())
    if order is None or order.customer_id != context.subject:
        raise ProblemError(NOT_FOUND, "You have no order with this id.")
    return order


def _customer(context: RequestContext) -> str:
    """Returns the customer. Raises ProblemError (422) for a subject under which no invoice could be written."""
    if _CUSTOMER.fullmatch(context.subject) is None:
        detail = "The token's subject can't be a customer: it needs 1 to 64 of A-Z, a-z, 0-9, _ and -."
        raise ProblemError(INVALID, detail)
    return context.subject


def _created(order: Order) -> Response:
    return _shown(order, 201, location=f"/orders/{order.id}")


def _shown(order: Order, status: int, *, location: str | None = None) -> Response:
    headers = {"etag": conditions.etag(order.version)} | ({"location": location} if location else {})
    return responses.document(status, order.document(), headers)


def _event_document(event: Event) -> dict[str, object]:
    """Returns what a customer sees of an event."""
    return {
        "id": event.id,
        "type": event.type,
        "sequence": event.sequence,
        "occurred_at": event.occurred_at,
        "data": event.data,
    }


def _problem(error: CommerceError) -> ProblemError | None:
    match error:
        case InvalidOrderError(lines=lines):
            return problems.invalid([_violation(line) for line in lines])
        case OutOfStockError(lines=numbers):
            detail = "is more than what is in stock"
            lines = [LineError(line=number, member="quantity", detail=detail) for number in numbers]
            return ProblemError(
                CONFLICT,
                "Out of stock: the lines are listed in errors. Nothing was ordered.",
                errors=[_violation(line) for line in lines],
            )
        case _:
            return None


def _violation(error: LineError) -> Violation:
    place = ("items",) if error.line is None else ("items", error.line, error.member or "")
    return problems.in_body(place, error.detail)
