"""The orders and invoices in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.contract.problems import CONFLICT, ProblemError
from app.services.billing.models import Draft, Invoice, InvoicedItem, total
from app.services.kit.database import Connection

MAX_LINES = 5000
"""The largest number of items that the invoices of a page have together: some 800 kB, below the 1 MiB that the edge
takes as an answer."""

# All or nothing, in one round trip. The transaction that inserts the order's id first wins; others wait for it to end,
# and then insert nothing.
_CREATE = """
with new_order as (
    insert into orders (id, user_id, currency, total, status) values ($1, $2, $3, $4, 'invoiced')
    on conflict (id) do nothing
    returning id, user_id
), lines as (
    insert into order_items (order_id, position, product_id, quantity, unit_price)
    select id, line.position, line.product_id, line.quantity, line.unit_price
    from new_order,
        unnest($5::text[], $6::integer[], $7::numeric[]) with ordinality
            as line (product_id, quantity, unit_price, position)
)
insert into invoices (order_id, user_id) select id, user_id from new_order
returning id
"""
_INVOICE = """
select i.id, i.order_id, i.user_id, i.status, i.version, i.created_at, o.currency, o.total,
    array(
        select row(line.product_id, line.quantity, line.unit_price, line.total)
        from order_items as line where line.order_id = o.id order by line.position
    ) as items
from invoices as i join orders as o on o.id = i.order_id
"""
_BY_ID = f"{_INVOICE} where i.id = $1"
_BY_ORDER = f"{_INVOICE} where i.order_id = $1"
PAGE = f"""{_INVOICE}
where i.user_id = $1 and (i.created_at, i.id) < ($2, $3)
order by i.created_at desc, i.id desc limit $4
"""


@dataclass(frozen=True)
class Stored:
    """An invoice with the version of its row."""

    invoice: Invoice
    version: int


async def create(connection: Connection, draft: Draft) -> tuple[Stored, bool]:
    """Returns the order's invoice, and whether it is new.

    `connection` is inside a transaction. Raises ProblemError (409) when the order has an invoice of other content.
    """
    order_id = draft.order_id or uuid4()
    columns = zip(*((item.product_id, item.quantity, item.unit_price) for item in draft.items), strict=True)
    new = await connection.fetchval(
        _CREATE, order_id, draft.user_id, draft.currency, total(draft.items), *map(list, columns)
    )
    stored = _stored(await connection.fetchrow(_BY_ORDER, order_id))
    if new is None and _content(stored.invoice) != _content(draft):
        raise ProblemError(CONFLICT, "The order has an invoice with other content.")
    return stored, new is not None


async def read(connection: Connection, invoice_id: UUID) -> Stored | None:
    """Returns the invoice, None when there is none with this id."""
    row = await connection.fetchrow(_BY_ID, invoice_id)
    return _stored(row) if row else None


async def page(connection: Connection, user_id: str, before: tuple[datetime, UUID], count: int) -> list[Any]:
    """Returns at most `count` rows for `invoice`, the newest first, behind the position `before`."""
    rows: list[Any] = await connection.fetch(PAGE, user_id, *before, count)
    return rows


def fitting(rows: Sequence[Any]) -> int:
    """Returns how many of the first rows a page may hold, so that they have at most MAX_LINES items."""
    lines = 0
    for count, row in enumerate(rows):
        lines += len(row["items"])
        if lines > MAX_LINES:
            return count
    return len(rows)


def invoice(row: Any) -> Invoice:
    """Returns the invoice that a row holds."""
    items = [
        InvoicedItem(product_id=product_id, quantity=quantity, unit_price=unit_price, total=line_total)
        for product_id, quantity, unit_price, line_total in row["items"]
    ]
    names = ("id", "order_id", "user_id", "status", "currency", "total", "created_at")
    return Invoice(items=items, **{name: row[name] for name in names})


def _stored(row: Any) -> Stored:
    return Stored(invoice(row), row["version"])


def _content(order: Draft | Invoice) -> tuple[object, ...]:
    """Returns what two orders or invoices must have in common to be the same."""
    lines = [(item.product_id, item.quantity, item.unit_price) for item in order.items]
    return order.user_id, order.currency, lines
