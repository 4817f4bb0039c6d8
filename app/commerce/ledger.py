"""Orders: each change is one transaction with its event and with the stock that is taken or given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from app.commerce.domain import events, orders
from app.commerce.domain.orders import GIVES_STOCK_BACK, Order, RequestedLine, Status
from app.commerce.domain.products import Product
from app.commerce.errors import ConditionsFailedError, OutOfStockError, OvertakenError, UnavailableError
from app.commerce.storage.database import Action, Database
from app.commerce.storage.orders import ORDER, Orders
from app.commerce.storage.products import Products, line_name, product_of
from app.contract.correlation import Correlation
from app.contract.logs import timestamp
from app.contract.metrics import ORDERS_CANCELLED, ORDERS_FAILED, ORDERS_INVOICED, ORDERS_PLACED, Metrics

ATTEMPTS = 5
"""The number of attempts to place an order, each with newly read prices, while its products change in the meantime."""
METRIC_OF_STATE = {
    Status.PENDING: ORDERS_PLACED,
    Status.CANCELLED: ORDERS_CANCELLED,
    Status.INVOICED: ORDERS_INVOICED,
    Status.FAILED: ORDERS_FAILED,
}
"""The metric of a state that an order gets. An order gets each state once, so that a repeated event counts nothing."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The orders and products, as one invocation changes them."""

    database: Database
    orders: Orders
    products: Products
    metrics: Metrics
    """Gets what the invocation's log line is to count."""

    @classmethod
    def of_tables(cls, database: Database, *, orders: str, products: str, metrics: Metrics) -> Ledger:
        """Returns the ledger of the tables with these names."""
        return cls(
            database=database,
            orders=Orders(database=database, table=orders),
            products=Products(database=database, table=products),
            metrics=metrics,
        )

    def place(
        self,
        lines: Sequence[RequestedLine],
        *,
        customer_id: str,
        correlation: Correlation,
        also: Callable[[Order], list[Action]],
    ) -> Order:
        """Stores a new order with its event, and reserves its stock.

        What `also` returns is written in the same transaction.

        Raises InvalidOrderError, OutOfStockError, UnavailableError, and ConditionsFailedError when a condition of
        `also` does not hold.
        """
        for _ in range(ATTEMPTS):
            products = self.products.get_all(line.product_id for line in lines)
            order = orders.new_order(lines, products, order_id=str(uuid4()), customer_id=customer_id, at=timestamp())
            actions = [
                *self.orders.insertion(order, events.event_of_state(order, correlation)),
                *(self.products.reservation(i, line, products[line.product_id]) for i, line in enumerate(order.lines)),
            ]
            try:
                self.database.transact([*actions, *also(order)])
            except ConditionsFailedError as error:
                _refuse(order, error, names={action.name for action in actions})
            else:
                self._count(order)
                return order
        raise UnavailableError

    def advance(
        self,
        order: Order,
        status: Status,
        correlation: Correlation,
        *,
        invoice_id: str | None = None,
        reason: str | None = None,
    ) -> Order:
        """Stores the order's next state with its event, and gives its stock back where that state does.

        Raises TransitionError, OvertakenError.
        """
        after = orders.in_state(order, status, at=timestamp(), invoice_id=invoice_id, reason=reason)
        actions = self.orders.replacement(order, after, events.event_of_state(after, correlation))
        if status in GIVES_STOCK_BACK:
            actions += self.products.releases(order.lines)
        try:
            self.database.transact(actions)
        except ConditionsFailedError as error:
            if ORDER in error.items:
                raise OvertakenError(order.id) from error
            raise
        self._count(after)
        return after

    def _count(self, order: Order) -> None:
        if order.status in METRIC_OF_STATE:
            self.metrics[METRIC_OF_STATE[order.status]] = 1


def _refuse(order: Order, error: ConditionsFailedError, names: set[str]) -> None:
    """Raises the error that names the order's lines.

    It raises `error` itself when another condition than the order's own has failed. Returns when products have other
    versions by now: the order would have other prices.
    """
    if set(error.items) - names:
        raise error
    items: Mapping[int, Product | None] = {
        i: product_of(error.items[line_name(i)]) for i in range(len(order.lines)) if line_name(i) in error.items
    }
    if unknown := [i for i, product in items.items() if product is None]:
        raise orders.unknown_products(unknown)
    if short := [i for i, product in items.items() if product and product.quantity < order.lines[i].quantity]:
        raise OutOfStockError(short)
