"""Orders: how one comes about, and the states that it goes through.

    PENDING ──> CONFIRMED ──> INVOICED
       │            └───────> FAILED
       └──────> CANCELLED

CONFIRMED is the point of no return. It comes before billing is called, so that an order which the customer can still
cancel never has an invoice. CANCELLED and FAILED give the stock back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.commerce.domain import money
from app.commerce.domain.products import Product
from app.commerce.errors import InvalidOrderError, LineError, OutOfStockError, TransitionError

Document = dict[str, Any]


class Status(StrEnum):
    """The states of an order."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    INVOICED = "INVOICED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.INVOICED, Status.FAILED}),
    Status.INVOICED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.FAILED: frozenset(),
}
"""The states that each state may lead to."""
GIVES_STOCK_BACK = frozenset({Status.CANCELLED, Status.FAILED})


@dataclass(frozen=True, kw_only=True)
class RequestedLine:
    """A line of a request for an order: how many of a product."""

    product_id: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of an order. `unit_price` is the price when the order was placed, in minor units of the currency."""

    product_id: str
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        """The price of the line in minor units."""
        return self.quantity * self.unit_price

    def document(self) -> Document:
        """Returns the line as the API and the events show it."""
        return {
            "product_id": self.product_id,
            "quantity": self.quantity,
            "unit_price": money.text(self.unit_price),
            "total": money.text(self.total),
        }


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order.

    `version` counts its events. `invoice_id` belongs to INVOICED, `reason` (a text for people) to FAILED. Moments are
    texts by RFC 3339, in UTC.
    """

    id: str
    customer_id: str
    status: Status
    version: int
    currency: str
    lines: tuple[Line, ...]
    created_at: str
    updated_at: str
    invoice_id: str | None = None
    reason: str | None = None

    @property
    def total(self) -> int:
        """The price of the order in minor units."""
        return sum(line.total for line in self.lines)

    def document(self) -> Document:
        """Returns the order as the API shows it."""
        return {
            "id": self.id,
            "customer_id": self.customer_id,
            "status": self.status.value,
            "currency": self.currency,
            "total": money.text(self.total),
            "items": [line.document() for line in self.lines],
            "invoice_id": self.invoice_id,
            "reason": self.reason,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


def new_order(
    lines: Sequence[RequestedLine], products: Mapping[str, Product], *, order_id: str, customer_id: str, at: str
) -> Order:
    """Returns an order of the lines at the products' prices. `products` are those that exist, by id.

    Raises InvalidOrderError for a product that does not exist or is on two lines, for two currencies, and for a total
    above money.LARGEST; OutOfStockError for an order that can't be met now.
    """
    _refuse_repeated(lines)
    if unknown := [i for i, line in enumerate(lines) if line.product_id not in products]:
        raise unknown_products(unknown)
    currency = products[lines[0].product_id].currency
    if others := [i for i, line in enumerate(lines) if products[line.product_id].currency != currency]:
        raise _wrong_products(others, "is sold in another currency than the first line")
    priced = tuple(
        Line(product_id=line.product_id, quantity=line.quantity, unit_price=products[line.product_id].price)
        for line in lines
    )
    if sum(line.total for line in priced) > money.LARGEST:
        raise InvalidOrderError([LineError(detail=f"cost more than {money.text(money.LARGEST)}")])
    if short := [i for i, line in enumerate(lines) if products[line.product_id].quantity < line.quantity]:
        raise OutOfStockError(short)
    return Order(
        id=order_id,
        customer_id=customer_id,
        status=Status.PENDING,
        version=1,
        currency=currency,
        lines=priced,
        created_at=at,
        updated_at=at,
    )


def in_state(
    order: Order, status: Status, *, at: str, invoice_id: str | None = None, reason: str | None = None
) -> Order:
    """Returns the order in its next state. Raises TransitionError when its state does not lead there."""
    if status not in TRANSITIONS[order.status]:
        raise TransitionError(f"An order that is {order.status} can't become {status}.")
    return replace(order, status=status, version=order.version + 1, updated_at=at, invoice_id=invoice_id, reason=reason)


def unknown_products(lines: Sequence[int]) -> InvalidOrderError:
    """Returns the error of lines whose products do not exist. `lines` are their numbers, counted from 0."""
    return _wrong_products(lines, "is no product")


def _wrong_products(lines: Sequence[int], detail: str) -> InvalidOrderError:
    return InvalidOrderError([LineError(line=line, member="product_id", detail=detail) for line in lines])


def _refuse_repeated(lines: Sequence[RequestedLine]) -> None:
    ids = [line.product_id for line in lines]
    if repeated := [i for i, product_id in enumerate(ids) if product_id in ids[:i]]:
        raise _wrong_products(repeated, "is on a line before; order it on one line")
