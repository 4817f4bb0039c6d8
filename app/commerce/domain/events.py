"""Events: what happened to an order, in the form in which other systems get it (schemas: `app/contract/events`)."""

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
"""The version of every type's schema. It is raised when a member changes its meaning or goes, not when one is added."""

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
    """One thing that happened to an order.

    `sequence` is the version of the order that the event made. `request_id` and `traceparent` are those of the request
    that caused it. `occurred_at` is a moment by RFC 3339, in UTC.
    """

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
        """Returns the event as the schema of its type describes it."""
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
        """Returns the event of a document that has passed its schema, without members that this version ignores."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})


def event_of_state(order: Order, correlation: Correlation) -> Event:
    """Returns the event by which the order got its state. Its id follows from the order's id and version."""
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
