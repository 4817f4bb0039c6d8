"""The operations on products."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from app.commerce.domain.products import Offer, Product, new_product
from app.commerce.errors import (
    CommerceError,
    NotEnoughStockError,
    ProductChangedError,
    ProductReservedError,
    UnknownProductError,
)
from app.commerce.storage.database import Database
from app.commerce.storage.idempotency import Keys
from app.commerce.storage.products import Products
from app.contract.logs import timestamp
from app.contract.problems import CONFLICT, NOT_FOUND, PRECONDITION_FAILED, ProblemError
from app.functions.commerce_kit import idempotency
from app.functions.commerce_kit.idempotency import Remember
from app.functions.commerce_kit.problems import translating
from app.functions.kit import conditions, pages, responses
from app.functions.kit.api import Handler, RequestContext
from app.functions.kit.aws import Client
from app.functions.kit.responses import Response

_PRODUCT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The handlers of the operations on products, with a client of DynamoDB and the names of the tables."""

    client: Client
    products_table: str
    keys_table: str

    def handlers(self) -> Mapping[str, Handler]:
        """Returns the handlers by operation id."""
        handlers = {
            "listProducts": self.list,
            "createProduct": self.create,
            "getProduct": self.read,
            "putProduct": self.replace,
            "deleteProduct": self.delete,
            "changeStock": self.change_stock,
        }
        return translating(handlers, _problem)

    def list(self, context: RequestContext) -> Response:
        """Answers with a page of all products."""
        limit = context.parameter("limit", pages.DEFAULT_LIMIT)
        cursor = context.parameter("cursor")
        after = pages.decode(cursor, _PRODUCT_ID)[0] if cursor else None
        products = self._products(context).page(limit + 1, after)
        page = pages.page(products, limit, Product.document, lambda product: [product.id])
        return responses.document(200, page)

    def create(self, context: RequestContext) -> Response:
        """Stores a new product and answers with it."""
        products, body = self._products(context), context.request.body

        def effect(remember: Remember) -> Response:
            product = new_product(Offer.of(body), product_id=str(uuid4()), stock=body["stock"], at=timestamp())
            response = _shown(product, 201, location=f"/products/{product.id}")
            products.database.transact([products.insertion(product), *remember(response)])
            return response

        return idempotency.once(self._keys(products), context, effect)

    def read(self, context: RequestContext) -> Response:
        """Answers with one product."""
        return _shown(self._products(context).get(context.parameter("productId")), 200)

    def replace(self, context: RequestContext) -> Response:
        """Replaces what is sold, and answers with the product after that."""
        products, product_id = self._products(context), context.parameter("productId")
        version = conditions.version_of(context.parameter("If-Match"))
        if version is None:
            products.get(product_id)  # a product that does not exist is a 404, with or without a condition
            raise conditions.needed()
        offer = Offer.of(context.request.body)
        return _shown(products.replace(product_id, offer, version=version, at=timestamp()), 200)

    def delete(self, context: RequestContext) -> Response:
        """Deletes a product, on the condition of If-Match if there is one."""
        version = conditions.version_of(context.parameter("If-Match"))
        self._products(context).delete(context.parameter("productId"), version=version)
        return responses.no_content()

    def change_stock(self, context: RequestContext) -> Response:
        """Adds to the stock of a product, or takes from it."""
        products, response = self._products(context), responses.no_content()
        product_id, change = context.parameter("productId"), context.request.body["change"]

        def effect(remember: Remember) -> Response:
            products.change_stock(product_id, change, also=remember(response))
            return response

        return idempotency.once(self._keys(products), context, effect)

    def _products(self, context: RequestContext) -> Products:
        database = Database(client=self.client, deadline=context.deadline)
        return Products(database=database, table=self.products_table)

    def _keys(self, products: Products) -> Keys:
        return Keys(database=products.database, table=self.keys_table)


def _shown(product: Product, status: int, *, location: str | None = None) -> Response:
    headers = {"etag": conditions.etag(product.version)} | ({"location": location} if location else {})
    return responses.document(status, product.document(), headers)


def _problem(error: CommerceError) -> ProblemError | None:
    match error:
        case UnknownProductError():
            return ProblemError(NOT_FOUND, "There is no product with this id.")
        case ProductChangedError():
            return ProblemError(PRECONDITION_FAILED, "The product has changed since: read it again.")
        case ProductReservedError():
            return ProblemError(CONFLICT, "Orders have reserved some of it.")
        case NotEnoughStockError(quantity=quantity):
            return ProblemError(CONFLICT, f"There are fewer than {quantity} in stock.")
        case _:
            return None
