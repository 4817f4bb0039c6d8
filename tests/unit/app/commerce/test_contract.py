"""The contract's commerce part: every operation is answered, and as it says."""

import pytest

from app.functions.catalog import handler as catalog
from app.functions.orders import handler as orders
from tests.support.contract import document


@pytest.mark.parametrize(
    ("name", "scopes"),
    [("catalog", {"products:read", "staff:products:write"}), ("orders", {"orders:read", "orders:write"})],
)
def test_every_operation_has_a_handler(shop, name, scopes):
    api, parts = (catalog.API, shop.catalog()) if name == "catalog" else (orders.API, shop.desk())

    assert {operation.operation_id for operation in api.operations.values()} == parts.handlers.keys()
    assert {scope for operation in api.operations.values() for scope in operation.scopes} == scopes


def test_answers_are_what_the_contract_says(shop):
    """Each member of an answer is declared, and each required one is there."""
    schemas = document()["components"]["schemas"]
    product = shop.product()
    order = shop.order({product: 1})
    path = {"orderId": order.json["id"]}
    shown = {
        "Product": shop.request("GET /products/{productId}", path={"productId": product}).json,
        "ProductPage": shop.request("GET /products").json,
        "Order": order.json,
        "OrderPage": shop.request("GET /orders").json,
        "OrderHistory": shop.request("GET /orders/{orderId}/events", path=path).json,
        "OrderEvent": shop.request("GET /orders/{orderId}/events", path=path).json["items"][0],
        "InvoicedItem": order.json["items"][0],
    }
    for name, value in shown.items():
        assert value.keys() == schemas[name]["properties"].keys() == set(schemas[name]["required"]), name
