"""Orders: what makes one, and the states that it goes through.

    PENDING ──> CONFIRMED ──> INVOICED
       │            └───────> FAILED
       └──────> CANCELLED

CONFIRMED is the point of no return: it comes before the invoice is asked for, so that an order which the customer could
still cancel never has one. CANCELLED and FAILED give the stock back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.commerce.domain import money
from app.commerce.domain.products import Product
from app.contract import problems
from app.contract.problems import CONFLICT, ProblemError, Violation

Document = dict[str, Any]


class Status(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    INVOICED = "INVOICED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


NEXT: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.INVOICED, Status.FAILED}),
    Status.INVOICED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.FAILED: frozenset(),
}
GIVES_STOCK_BACK = frozenset({Status.CANCELLED, Status.FAILED})


class NotPossibleError(Exception):
    """The order's state does not lead to the wanted one."""

    def __init__(self, order: Order, wanted: Status) -> None:
        super().__init__(f"An order that is {order.status} can't become {wanted}.")
        self.order = order


class OutOfStockError(ProblemError):
    """409: fewer are left than wanted."""

    def __init__(self, lines: Sequence[int]) -> None:
        errors = [violation(i, "quantity", "is more than what is in stock") for i in lines]
        super().__init__(CONFLICT, "Out of stock: the lines are listed in errors. Nothing was ordered.", errors=errors)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A line of a request."""

    product_id: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of an order, at the price of the moment when it was placed, in minor units."""

    product_id: str
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price

    def document(self) -> Document:
        return {
            "product_id": self.product_id,
            "quantity": self.quantity,
            "unit_price": money.text(self.unit_price),
            "total": money.text(self.total),
        }


@dataclass(frozen=True, kw_only=True)
class Order:
    """`version` counts its events. `invoice_id` belongs to INVOICED, `reason` to FAILED. Moments are RFC 3339, UTC."""

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
        return sum(line.total for line in self.lines)

    def document(self) -> Document:
        """As the API shows it."""
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


def place(
    wanted: Sequence[Wanted], products: Mapping[str, Product], *, order_id: str, customer_id: str, at: str
) -> Order:
    """A new order of products that there are, each on one line, all in one currency, and in stock.

    Raises ProblemError that names the lines: 422 for an order that makes no sense, 409 for one that can't be met now.
    """
    _refuse_repeated(wanted)
    if missing := [i for i, each in enumerate(wanted) if each.product_id not in products]:
        raise unknown(missing)
    currency = products[wanted[0].product_id].currency
    if others := [i for i, each in enumerate(wanted) if products[each.product_id].currency != currency]:
        detail = "is sold in another currency than the first line"
        raise problems.invalid([violation(i, "product_id", detail) for i in others])
    lines = tuple(
        Line(product_id=each.product_id, quantity=each.quantity, unit_price=products[each.product_id].price)
        for each in wanted
    )
    if sum(line.total for line in lines) > money.LARGEST:
        raise problems.invalid([{"pointer": "/items", "detail": f"cost more than {money.text(money.LARGEST)}"}])
    if short := [i for i, each in enumerate(wanted) if products[each.product_id].quantity < each.quantity]:
        raise OutOfStockError(short)
    return Order(
        id=order_id,
        customer_id=customer_id,
        status=Status.PENDING,
        version=1,
        currency=currency,
        lines=lines,
        created_at=at,
        updated_at=at,
    )


def advance(order: Order, to: Status, *, at: str, invoice_id: str | None = None, reason: str | None = None) -> Order:
    """The order in its next state. Raises NotPossibleError."""
    if to not in NEXT[order.status]:
        raise NotPossibleError(order, to)
    return replace(order, status=to, version=order.version + 1, updated_at=at, invoice_id=invoice_id, reason=reason)


def unknown(lines: Sequence[int]) -> ProblemError:
    """422: there are no such products."""
    return problems.invalid([violation(i, "product_id", "is no product") for i in lines])


def violation(line: int, member: str, detail: str) -> Violation:
    return {"pointer": f"/items/{line}/{member}", "detail": detail}


def _refuse_repeated(wanted: Sequence[Wanted]) -> None:
    seen: set[str] = set()
    errors = []
    for i, each in enumerate(wanted):
        if each.product_id in seen:
            errors.append(violation(i, "product_id", "is on a line before; order it on one line"))
        seen.add(each.product_id)
    if errors:
        raise problems.invalid(errors)
