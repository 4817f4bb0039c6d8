"""What happened to an order, as everybody else is told. The schemas are in `app/contract/events`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from app.commerce.domain import money
from app.commerce.domain.orders import Order, Status
from app.contract.correlation import Correlation

SOURCE = "crosscloud.orders"
VERSION = 1
"""Of all types. It is raised when a member changes its meaning or goes; a new member alone does not."""

Document = dict[str, Any]

TYPES: Mapping[Status, str] = {
    Status.PENDING: "order.placed",
    Status.CONFIRMED: "order.confirmed",
    Status.INVOICED: "order.invoiced",
    Status.CANCELLED: "order.cancelled",
    Status.FAILED: "order.failed",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """`sequence` is the version that the order has by it. `request_id` and `traceparent` lead to what caused it."""

    id: str
    type: str
    version: int
    occurred_at: str
    order_id: str
    sequence: int
    customer_id: str
    request_id: str
    traceparent: str
    data: Document

    def document(self) -> Document:
        """By the schema of its type."""
        return {
            "id": self.id,
            "type": self.type,
            "version": self.version,
            "occurred_at": self.occurred_at,
            "order_id": self.order_id,
            "sequence": self.sequence,
            "customer_id": self.customer_id,
            "request_id": self.request_id,
            "traceparent": self.traceparent,
            "data": self.data,
        }

    @classmethod
    def of(cls, document: Document) -> Event:
        """Of a document that has passed its schema; members that this version does not know are left out."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})


def reached(order: Order, correlation: Correlation) -> Event:
    """The event by which the order got its state. Its id follows from the order's id and version."""
    return Event(
        id=str(uuid5(UUID(order.id), str(order.version))),
        type=TYPES[order.status],
        version=VERSION,
        occurred_at=order.updated_at,
        order_id=order.id,
        sequence=order.version,
        customer_id=order.customer_id,
        request_id=correlation.request_id,
        traceparent=correlation.traceparent,
        data=_data(order),
    )


def _data(order: Order) -> Document:
    match order.status:
        case Status.PENDING:
            items = [line.document() for line in order.lines]
            return {"currency": order.currency, "total": money.text(order.total), "items": items}
        case Status.INVOICED:
            return {"invoice_id": order.invoice_id}
        case Status.FAILED:
            return {"reason": order.reason}
        case _:
            return {}
