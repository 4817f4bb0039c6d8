"""Products: what is sold, and how much of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.commerce.domain import money

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product and its stock. `price` is in minor units of `currency`; moments are texts by RFC 3339, in UTC.

    `quantity` can be ordered; `reserved` is in orders that are neither cancelled nor failed. Together they change only
    when stock arrives or leaves. `version` counts the changes of what is sold (name, description, price, currency), not
    those of the stock: otherwise nobody could change a product that is being bought all the time.
    """

    id: str
    name: str
    description: str | None
    price: int
    currency: str
    quantity: int
    reserved: int
    version: int
    created_at: str
    updated_at: str

    def document(self) -> Document:
        """Returns the product as the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "price": money.text(self.price),
            "currency": self.currency,
            "stock": self.quantity,
            "reserved": self.reserved,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The offer of a product: the part that a caller can replace. `price` is in minor units of `currency`."""

    name: str
    description: str | None
    price: int
    currency: str

    @classmethod
    def of(cls, body: Document) -> Offer:
        """Returns the offer of a document that has passed the contract."""
        return cls(
            name=body["name"],
            description=body.get("description"),
            price=money.minor_units(body["price"]),
            currency=body["currency"],
        )


def new_product(offer: Offer, *, product_id: str, stock: int, at: str) -> Product:
    """Returns a product that is sold from now on. `at` is a moment by RFC 3339."""
    return Product(
        id=product_id,
        name=offer.name,
        description=offer.description,
        price=offer.price,
        currency=offer.currency,
        quantity=stock,
        reserved=0,
        version=1,
        created_at=at,
        updated_at=at,
    )
