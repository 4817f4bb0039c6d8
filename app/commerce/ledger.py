"""An order's next state and what belongs to it in one transaction: its event, and its stock where it is given back."""

from __future__ import annotations

from dataclasses import dataclass

from app.commerce.domain import events, orders
from app.commerce.domain.orders import GIVES_STOCK_BACK, Order, Status
from app.commerce.storage.database import ConditionsFailedError, Database
from app.commerce.storage.orders import Orders
from app.commerce.storage.products import Products
from app.contract.correlation import Correlation
from app.contract.logs import timestamp
from app.contract.metrics import ORDERS_CANCELLED, ORDERS_FAILED, ORDERS_INVOICED, Counted

REACHED = {Status.CANCELLED: ORDERS_CANCELLED, Status.INVOICED: ORDERS_INVOICED, Status.FAILED: ORDERS_FAILED}
"""The metric by the state that an order got. An order gets each state once, so that a repeated event counts nothing."""


class OvertakenError(Exception):
    """The order has another state by now: read it again and decide anew."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """`counted` gets what the log line is to count."""

    database: Database
    orders: Orders
    products: Products
    counted: Counted

    @classmethod
    def of(cls, database: Database, *, orders: str, products: str, counted: Counted) -> Ledger:
        """By the names of the tables."""
        return cls(
            database=database,
            orders=Orders(database=database, table=orders),
            products=Products(database=database, table=products),
            counted=counted,
        )

    def advance(
        self,
        order: Order,
        to: Status,
        correlation: Correlation,
        *,
        invoice_id: str | None = None,
        reason: str | None = None,
    ) -> Order:
        """Raises NotPossibleError, OvertakenError."""
        after = orders.advance(order, to, at=timestamp(), invoice_id=invoice_id, reason=reason)
        actions = self.orders.advance(order, after, events.reached(after, correlation))
        if to in GIVES_STOCK_BACK:
            actions += self.products.give_back(order.lines)
        try:
            self.database.transact(actions)
        except ConditionsFailedError as refused:
            if "order" in refused.found:
                raise OvertakenError(order.id) from refused
            raise
        if to in REACHED:
            self.counted[REACHED[to]] = 1
        return after
