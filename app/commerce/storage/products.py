"""The table of products. Partition key: `product_id`.

| access | operation |
|---|---|
| one product | GetItem |
| those of an order | BatchGetItem |
| a page of all | Scan, in the order of the keys' hashes |
| replace, delete | a transaction of one, on conditions |
| stock | as part of a transaction: with an order, or with a change's Idempotency-Key |

Ids are made here and never come again, so that the versions of a product, which begin with 1, do not either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from app.commerce.domain.orders import Line
from app.commerce.domain.products import Offer, Product
from app.commerce.errors import (
    ConditionsFailedError,
    NotEnoughStockError,
    ProductChangedError,
    ProductReservedError,
    UnknownProductError,
)
from app.commerce.storage.attributes import Item, dump, load
from app.commerce.storage.database import Action, Database

PRODUCT = "product"
"""The name of the action that writes a product for its own sake, not for an order."""


@dataclass(frozen=True, kw_only=True)
class Products:
    """The products and their stock."""

    database: Database
    table: str

    def get(self, product_id: str) -> Product:
        """Returns the product as it is now. Raises UnknownProductError."""
        product = product_of(self.database.get(self.table, _key(product_id)))
        if product is None:
            raise UnknownProductError
        return product

    def get_all(self, product_ids: Iterable[str]) -> dict[str, Product]:
        """Returns the products that exist of these, by id."""
        items = self.database.get_all(self.table, [_key(product_id) for product_id in dict.fromkeys(product_ids)])
        return {product.id: product for product in map(_product, items)}

    def page(self, size: int, after: str | None) -> list[Product]:
        """Returns up to `size` products from the one behind `after`, which need not exist any more."""
        start = {"ExclusiveStartKey": _key(after)} if after else {}
        return [_product(item) for item in self.database.scan(TableName=self.table, Limit=size, **start)]

    def insertion(self, product: Product) -> Action:
        """Returns the write of a new product."""
        item = dump({"product_id" if name == "id" else name: value for name, value in asdict(product).items()})
        put = {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(product_id)"}
        return Action(name=PRODUCT, write={"Put": put})

    def replace(self, product_id: str, offer: Offer, *, version: int, at: str) -> Product:
        """Replaces what is sold, on condition that the product has the version, and returns the product after that.

        Somebody else may have changed it once more by then. `at` is a moment by RFC 3339. Raises UnknownProductError,
        ProductChangedError.
        """
        values = {":name": offer.name, ":price": offer.price, ":currency": offer.currency, ":at": at}
        values |= {":one": 1, ":version": version, ":description": offer.description}
        described = ", description = :description" if offer.description is not None else ""
        removed = "" if offer.description is not None else " REMOVE description"
        update = {
            "TableName": self.table,
            "Key": _key(product_id),
            "UpdateExpression": (
                "SET #name = :name, price = :price, currency = :currency, updated_at = :at, "
                f"version = version + :one{described}{removed}"
            ),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeNames": {"#name": "name"},
            "ExpressionAttributeValues": dump(values),
        }
        try:
            self.database.transact([Action(name=PRODUCT, write={"Update": update})])
        except ConditionsFailedError as error:
            _existing(error, PRODUCT)
            raise ProductChangedError from error
        return self.get(product_id)

    def delete(self, product_id: str, *, version: int | None) -> None:
        """Deletes the product, on condition that it has the version, if one is given.

        Raises UnknownProductError, ProductChangedError, and ProductReservedError while orders have reserved some of it.
        """
        same = " AND version = :version" if version is not None else ""
        delete = {
            "TableName": self.table,
            "Key": _key(product_id),
            "ConditionExpression": f"reserved = :none{same}",
            "ExpressionAttributeValues": dump({":none": 0, ":version": version}),
        }
        try:
            self.database.transact([Action(name=PRODUCT, write={"Delete": delete})])
        except ConditionsFailedError as error:
            if version is not None and _existing(error, PRODUCT).version != version:
                raise ProductChangedError from error
            _existing(error, PRODUCT)
            raise ProductReservedError from error

    def change_stock(self, product_id: str, change: int, *, also: Sequence[Action]) -> None:
        """Adds `change` to the stock and writes `also` in the same transaction.

        Raises UnknownProductError, NotEnoughStockError, and ConditionsFailedError when a condition of `also` fails
        alone.
        """
        update = self._update(
            PRODUCT, product_id, "quantity = quantity + :n", "quantity >= :least", n=change, least=-change
        )
        try:
            self.database.transact([update, *also])
        except ConditionsFailedError as error:
            if PRODUCT not in error.items:
                raise
            _existing(error, PRODUCT)
            raise NotEnoughStockError(-change) from error

    def reservation(self, number: int, line: Line, product: Product) -> Action:
        """Returns the write that reserves line `number` of an order.

        Its condition is that the product has the same version as `product` and is in stock.
        """
        return self._update(
            line_name(number),
            line.product_id,
            "quantity = quantity - :n, reserved = reserved + :n",
            "version = :version AND quantity >= :n",
            n=line.quantity,
            version=product.version,
        )

    def releases(self, lines: Sequence[Line]) -> list[Action]:
        """Returns the writes that put what an order has reserved back into the stock."""
        return [
            self._update(
                line_name(number),
                line.product_id,
                "quantity = quantity + :n, reserved = reserved - :n",
                "reserved >= :n",
                n=line.quantity,
            )
            for number, line in enumerate(lines)
        ]

    def _update(self, name: str, product_id: str, assignments: str, condition: str, **values: int) -> Action:
        update = {
            "TableName": self.table,
            "Key": _key(product_id),
            "UpdateExpression": f"SET {assignments}",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": dump({f":{key}": value for key, value in values.items()}),
        }
        return Action(name=name, write={"Update": update})


def line_name(number: int) -> str:
    """Returns the name of the action for line `number` of an order."""
    return f"line {number}"


def product_of(item: Item | None) -> Product | None:
    """Returns the product that an item of the table holds; None for no item."""
    return _product(item) if item else None


def _existing(error: ConditionsFailedError, action: str) -> Product:
    """Returns the product that the action's condition refused. Raises UnknownProductError when there is none."""
    product = product_of(error.items[action])
    if product is None:
        raise UnknownProductError from error
    return product


def _key(product_id: str) -> Item:
    return dump({"product_id": product_id})


def _product(item: Item) -> Product:
    members = load(item)
    return Product(id=members.pop("product_id"), description=members.pop("description", None), **members)
