"""The function with the real billing and analytics on real databases: the fakes of the other tests promise no more."""

import contextlib
import json

import pytest

from tests.support.faults import Crash, Faults
from tests.support.system import real_services


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with real_services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def stored(services):
    """The invoices and the counted events of an order, as the services tell them."""

    def read(order_id: str, customer: str) -> tuple[list[dict], list[dict]]:
        invoices = services.clients["billing"]("GET", f"/invoices?user_id={customer}&limit=100").json["items"]
        events = services.clients["analytics"]("GET", f"/events?user_id={customer}&limit=100").json["items"]
        return (
            [each for each in invoices if each["order_id"] == order_id],
            [each for each in events if each["attributes"].get("order_id") == order_id],
        )

    return read


@pytest.mark.parametrize("effect", range(8))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_invoice_and_one_count_of_each_event_whatever_dies(shop, services, stored, effect, moment, monkeypatch):
    monkeypatch.setattr(shop, "services", services)
    customer = f"c{effect}{moment}"
    products = [shop.product(price="0.35"), shop.product(price="12.00")]
    order = shop.order({products[0]: 3, products[1]: 1}, subject=customer).json
    shop.relay()
    with contextlib.suppress(Crash):
        shop.fulfil(Faults(at=(effect, moment)))

    shop.settle()
    shop.replay()
    shop.settle()

    invoices, events = stored(order["id"], customer)
    shown = shop.request("GET /orders/{orderId}", path={"orderId": order["id"]}, subject=customer).json
    assert [(each["id"], each["total"], each["currency"]) for each in invoices] == [
        (shown["invoice_id"], "13.05", "EUR")
    ]
    assert invoices[0]["items"] == shown["items"]
    history = shop.request("GET /orders/{orderId}/events", path={"orderId": order["id"]}, subject=customer).json
    assert sorted(each["id"] for each in events) == sorted(each["id"] for each in history["items"])
    assert [each["amount"] for each in events if each["type"] == "order.placed"] == ["13.05"]


def test_what_billing_refuses_fails_the_order(shop, services, monkeypatch):
    """The order has an invoice with another content, which nobody but the system can have written."""
    monkeypatch.setattr(shop, "services", services)
    product = shop.product()
    order = shop.order({product: 1}).json
    item = {"product_id": product, "quantity": 1, "unit_price": "0.01"}
    draft = {"user_id": "alice", "order_id": order["id"], "currency": "EUR", "items": [item]}
    headers = {"content-type": "application/json"}
    body = json.dumps(draft).encode()
    stored = services.clients["billing"]("POST", "/invoices", headers=headers, body=body, principal="system/other")
    assert stored.status == 201

    shop.settle()

    shown = shop.request("GET /orders/{orderId}", path={"orderId": order["id"]}).json
    assert (shown["status"], shown["reason"]) == (
        "FAILED",
        "Billing refused the invoice (409): It contradicts what is stored",
    )
    assert shop.stock(product) == (20, 0)
