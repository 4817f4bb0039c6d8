"""The table of orders.

Partition key: `order_id`; sort key: `entry`, which is `order` for the order itself and `event#000001`, `event#000002`,
... for its history.

An event is written in the transaction of its change, so that neither exists without the other: the events in the
table's stream are the outbox. Their documents are stored as the texts that are published.

| access | operation |
|---|---|
| one order | GetItem |
| its history | Query of the partition, `entry` beginning with `event#` |
| a customer's orders, newest first | Query of the index `by_customer` (`customer_id`, `created_at`) |

The index holds orders only, as events lack its keys. It follows the table with a delay of moments.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.commerce.domain.events import Event
from app.commerce.domain.orders import Line, Order, Status
from app.commerce.storage.attributes import Item, dump, load
from app.commerce.storage.database import Action, Database
from app.contract.events import validation

INDEX = "by_customer"
HEAD = "order"
"""The sort key of an order."""
EVENT = "event#"
"""The prefix of the sort key of an event."""
ORDER = "order"
"""The name of the action that writes an order."""


@dataclass(frozen=True, kw_only=True)
class Orders:
    """The orders and their histories."""

    database: Database
    table: str

    def get(self, order_id: str) -> Order | None:
        """Returns the order as it is now; None where there is none."""
        item = self.database.get(self.table, _key(order_id, HEAD))
        return _order(item) if item else None

    def history(self, order_id: str) -> list[Event]:
        """Returns the order's events, the first one first. They are few: an order has as many events as states."""
        items = self.database.query(
            TableName=self.table,
            KeyConditionExpression="order_id = :order AND begins_with(entry, :event)",
            ExpressionAttributeValues=dump({":order": order_id, ":event": EVENT}),
            ConsistentRead=True,
        )
        return [Event.of(json.loads(load(item)["document"])) for item in items]

    def page(self, customer_id: str, size: int, after: tuple[str, str] | None) -> list[Order]:
        """Returns up to `size` orders of the customer, newest first, from the one behind `after` (created_at, id)."""
        start = {}
        if after:
            key = {"customer_id": customer_id, "created_at": after[0], "order_id": after[1], "entry": HEAD}
            start = {"ExclusiveStartKey": dump(key)}
        items = self.database.query(
            TableName=self.table,
            IndexName=INDEX,
            KeyConditionExpression="customer_id = :customer",
            ExpressionAttributeValues=dump({":customer": customer_id}),
            ScanIndexForward=False,
            Limit=size,
            **start,
        )
        return [_order(item) for item in items]

    def insertion(self, order: Order, event: Event) -> list[Action]:
        """Returns the writes of a new order and its first event."""
        put = {
            "TableName": self.table,
            "Item": _item(order),
            "ConditionExpression": "attribute_not_exists(order_id)",
        }
        return [Action(name=ORDER, write={"Put": put}), self._event(event)]

    def replacement(self, before: Order, after: Order, event: Event) -> list[Action]:
        """Returns the writes of an order's next state and its event, on condition that the order is still as before."""
        put = {
            "TableName": self.table,
            "Item": _item(after),
            "ConditionExpression": "#status = :status AND version = :version",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": dump({":status": before.status, ":version": before.version}),
        }
        return [Action(name=ORDER, write={"Put": put}), self._event(event)]

    def _event(self, event: Event) -> Action:
        document = validation.checked(event.document())
        item = _key(event.order_id, f"{EVENT}{event.sequence:06d}") | dump(
            {"type": event.type, "document": json.dumps(document, separators=(",", ":"))}
        )
        put = {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(order_id)"}
        return Action(name="event", write={"Put": put})


def _key(order_id: str, entry: str) -> Item:
    return dump({"order_id": order_id, "entry": entry})


def _item(order: Order) -> Item:
    lines = [
        {"product_id": line.product_id, "quantity": line.quantity, "unit_price": line.unit_price}
        for line in order.lines
    ]
    return _key(order.id, HEAD) | dump(
        {
            "customer_id": order.customer_id,
            "status": order.status.value,
            "version": order.version,
            "currency": order.currency,
            "total": order.total,
            "lines": lines,
            "created_at": order.created_at,
            "updated_at": order.updated_at,
            "invoice_id": order.invoice_id,
            "reason": order.reason,
        }
    )


def _order(item: Item) -> Order:
    members: dict[str, Any] = load(item)
    return Order(
        id=members["order_id"],
        customer_id=members["customer_id"],
        status=Status(members["status"]),
        version=members["version"],
        currency=members["currency"],
        lines=tuple(Line(**line) for line in members["lines"]),
        created_at=members["created_at"],
        updated_at=members["updated_at"],
        invoice_id=members.get("invoice_id"),
        reason=members.get("reason"),
    )
