"""The table of products. Partition key: `product_id`.

| access | how |
|---|---|
| one product | GetItem |
| those of an order | BatchGetItem |
| a page of all | Scan, in the order of the keys' hashes |
| replace, delete | UpdateItem, DeleteItem, on conditions |
| stock | as part of a transaction: with an order, or with a change's Idempotency-Key |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from app.commerce.domain.orders import Line
from app.commerce.domain.products import Offer, Product
from app.commerce.storage.attributes import Item, dump, load
from app.commerce.storage.database import Action, Database


@dataclass(frozen=True, kw_only=True)
class Products:
    database: Database
    table: str

    def get(self, product_id: str) -> Product | None:
        item = self.database.get(self.table, _key(product_id))
        return _product(item) if item else None

    def get_all(self, product_ids: Iterable[str]) -> dict[str, Product]:
        """Those that there are, by id."""
        found = self.database.get_all(self.table, [_key(each) for each in dict.fromkeys(product_ids)])
        return {product.id: product for product in map(_product, found)}

    def page(self, size: int, after: str | None) -> list[Product]:
        """Up to `size`, behind the product `after`, which need not exist any more."""
        start = {"ExclusiveStartKey": _key(after)} if after else {}
        return [_product(item) for item in self.database.scan(TableName=self.table, Limit=size, **start)]

    def introduce(self, product: Product) -> Action:
        item = dump({"product_id" if name == "id" else name: value for name, value in asdict(product).items()})
        put = {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(product_id)"}
        return Action(name="product", write={"Put": put})

    def replace(self, product_id: str, offer: Offer, *, version: int, at: str) -> Product:
        """Raises ConditionsFailedError when there is no product or another version of it."""
        values = {":name": offer.name, ":price": offer.price, ":currency": offer.currency, ":at": at}
        values |= {":one": 1, ":version": version, ":description": offer.description}
        described = ", description = :description" if offer.description is not None else ""
        removed = "" if offer.description is not None else " REMOVE description"
        item = self.database.update(
            TableName=self.table,
            Key=_key(product_id),
            UpdateExpression=(
                "SET #name = :name, price = :price, currency = :currency, version = version + :one, updated_at = :at"
                f"{described}{removed}"
            ),
            ConditionExpression="version = :version",
            ExpressionAttributeNames={"#name": "name"},
            ExpressionAttributeValues=dump(values),
        )
        return _product(item)

    def delete(self, product_id: str, *, version: int | None) -> None:
        """Raises ConditionsFailedError when there is none, another version, or something reserved."""
        same = " AND version = :version" if version is not None else ""
        self.database.delete(
            TableName=self.table,
            Key=_key(product_id),
            ConditionExpression=f"reserved = :none{same}",
            ExpressionAttributeValues=dump({":none": 0, ":version": version}),
        )

    def change_stock(self, product_id: str, change: int) -> Action:
        """On condition that there is the product, and that no less than nothing is left."""
        return self._update(
            "product", product_id, "quantity = quantity + :n", "quantity >= :least", n=change, least=-change
        )

    def take(self, number: int, line: Line, product: Product) -> Action:
        """Reserves line `number` of an order, on condition that the product is still what it was, and in stock."""
        return self._update(
            line_name(number),
            line.product_id,
            "quantity = quantity - :n, reserved = reserved + :n",
            "version = :version AND quantity >= :n",
            n=line.quantity,
            version=product.version,
        )

    def give_back(self, lines: Sequence[Line]) -> list[Action]:
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
    """Of the action for a line of an order."""
    return f"line {number}"


def product(item: Item) -> Product:
    """Of an item of the table."""
    return _product(item)


def _key(product_id: str) -> Item:
    return dump({"product_id": product_id})


def _product(item: Item) -> Product:
    members = load(item)
    return Product(id=members.pop("product_id"), description=members.pop("description", None), **members)
