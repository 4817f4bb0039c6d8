"""What each operation on products does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from app.commerce.domain.products import Offer, Product, introduce
from app.commerce.storage.database import ConditionsFailedError, Database
from app.commerce.storage.idempotency import Answer, Keys
from app.commerce.storage.products import Products, product
from app.contract.logs import timestamp
from app.contract.problems import CONFLICT, NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED, ProblemError
from app.functions.kit import pages as pagination
from app.functions.kit.api import Asked, Route
from app.functions.kit.aws import Client

_PRODUCT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG = re.compile(r'"([1-9][0-9]{0,17})"')
_NO_VERSION = 0
"""What a tag means that is none of ours: there is no product of this version."""


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """`products` and `keys` are the names of the tables."""

    client: Client
    products: str
    keys: str

    def routes(self) -> Mapping[str, Route]:
        return {
            "listProducts": self.page,
            "createProduct": self.create,
            "getProduct": self.read,
            "putProduct": self.replace,
            "deleteProduct": self.delete,
            "changeStock": self.change_stock,
        }

    def page(self, asked: Asked) -> Answer:
        limit = asked.parameter("limit", pagination.DEFAULT_LIMIT)
        cursor = asked.parameter("cursor")
        after = pagination.decode(cursor, _PRODUCT_ID)[0] if cursor else None
        found = self._products(asked).page(limit + 1, after)
        return Answer(
            status=200, headers={}, body=pagination.page(found, limit, Product.document, lambda each: [each.id])
        )

    def create(self, asked: Asked) -> Answer:
        database = self._database(asked)
        keys = Keys(database=database, table=self.keys)
        body = asked.request.body
        claimed = asked.claim()

        def effect() -> Answer:
            made = introduce(Offer.of(body), product_id=str(uuid4()), stock=body["stock"], at=timestamp())
            answer = _shown(made, 201, location=f"/products/{made.id}")
            database.transact([self._products(asked).introduce(made), *keys.store(claimed, answer)])
            return answer

        return keys.once(claimed, effect)

    def read(self, asked: Asked) -> Answer:
        return _shown(self._present(asked), 200)

    def replace(self, asked: Asked) -> Answer:
        version = _version(asked)
        if version is None:
            self._present(asked)
            detail = "Send If-Match with the ETag that you have seen, so that nobody's change is lost."
            raise ProblemError(PRECONDITION_REQUIRED, detail)
        product_id, offer = asked.parameter("productId"), Offer.of(asked.request.body)
        try:
            return _shown(self._products(asked).replace(product_id, offer, version=version, at=timestamp()), 200)
        except ConditionsFailedError as refused:
            _present(refused)
            raise _changed() from None

    def delete(self, asked: Asked) -> Answer:
        version = _version(asked)
        try:
            self._products(asked).delete(asked.parameter("productId"), version=version)
        except ConditionsFailedError as refused:
            if version is not None and _present(refused).version != version:
                raise _changed() from None
            _present(refused)
            raise ProblemError(CONFLICT, "Orders have reserved some of it.") from None
        return Answer(status=204, headers={}, body=None)

    def change_stock(self, asked: Asked) -> Answer:
        database = self._database(asked)
        keys = Keys(database=database, table=self.keys)
        product_id, change = asked.parameter("productId"), asked.request.body["change"]
        claimed = asked.claim()
        answer = Answer(status=204, headers={}, body=None)

        def effect() -> Answer:
            try:
                database.transact(
                    [self._products(asked).change_stock(product_id, change), *keys.store(claimed, answer)]
                )
            except ConditionsFailedError as refused:
                if "product" not in refused.found:
                    raise
                _present(refused, "product")
                raise ProblemError(CONFLICT, f"There are fewer than {-change} in stock.") from None
            return answer

        return keys.once(claimed, effect)

    def _present(self, asked: Asked) -> Product:
        found = self._products(asked).get(asked.parameter("productId"))
        if found is None:
            raise _missing()
        return found

    def _database(self, asked: Asked) -> Database:
        return Database(client=self.client, deadline=asked.deadline)

    def _products(self, asked: Asked) -> Products:
        return Products(database=self._database(asked), table=self.products)


def _shown(found: Product, status: int, *, location: str | None = None) -> Answer:
    headers = {"etag": f'"{found.version}"'} | ({"location": location} if location else {})
    return Answer(status=status, headers=headers, body=found.document())


def _version(asked: Asked) -> int | None:
    """The one that the caller has seen; None without If-Match."""
    tag = asked.parameter("If-Match")
    if tag is None:
        return None
    found = _TAG.fullmatch(tag)
    return int(found[1]) if found else _NO_VERSION


def _present(refused: ConditionsFailedError, action: str = "item") -> Product:
    """The product that the condition refused. Raises ProblemError (404) when there is none."""
    item = refused.found[action]
    if item is None:
        raise _missing() from None
    return product(item)


def _missing() -> ProblemError:
    return ProblemError(NOT_FOUND, "There is no product with this id.")


def _changed() -> ProblemError:
    return ProblemError(PRECONDITION_FAILED, "The product has changed since: read it again.")
