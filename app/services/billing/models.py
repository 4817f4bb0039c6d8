"""Orders and invoices, as callers send and get them. Totals are computed here, exactly."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.services.kit.fields import INTEGER, MAX_MONEY, Money, Uuid

UserId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
ProductId = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{1,64}$")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
MAX_ITEMS = 100
"""The largest number of items of an order, as in the contract."""


class Item(BaseModel):
    """A line of an order."""

    model_config = ConfigDict(extra="forbid")

    product_id: ProductId
    quantity: Annotated[int, Field(ge=1, le=1000), INTEGER]
    unit_price: Money


class Draft(BaseModel):
    """An order that is to be invoiced. Without `order_id` it is a new order."""

    model_config = ConfigDict(extra="forbid")

    user_id: UserId
    order_id: Uuid | None = None
    currency: Currency
    items: Annotated[list[Item], Field(min_length=1, max_length=MAX_ITEMS)]

    @field_validator("items")
    @classmethod
    def _payable(cls, items: list[Item]) -> list[Item]:
        if total(items) > MAX_MONEY:
            raise ValueError(f"must not cost more than {MAX_MONEY} in total")
        return items


class InvoicedItem(BaseModel):
    """A line of an invoice."""

    product_id: str
    quantity: int
    unit_price: Money
    total: Money


class Invoice(BaseModel):
    """An invoice as callers get it."""

    id: UUID
    order_id: UUID
    user_id: str
    status: Literal["open", "paid", "void"]
    currency: str
    total: Money
    items: list[InvoicedItem]
    created_at: datetime


def total(items: list[Item]) -> Decimal:
    """Returns the sum of the items' prices."""
    return sum((item.quantity * item.unit_price for item in items), Decimal("0.00"))
