"""The function with the real billing and analytics on real databases: the fakes of the other tests promise no more."""

import contextlib
import json

import pytest

from app.functions.kit.upstream import Answer, Call
from app.services.analytics import api as analytics
from app.services.billing import api as billing
from app.services.kit.settings import Settings
from tests.support import databases
from tests.support.asgi import Client, client
from tests.support.faults import Crash, Faults
from tests.support.pki import Authority
from tests.support.postgres import postgres


class RealServices:
    """As `tests.support.services_fake.FakeServices`, by the services themselves."""

    def __init__(self, clients: dict[str, Client]) -> None:
        self._clients = clients

    def send(self, call: Call) -> Answer:
        reply = self._clients[call.upstream](call.method, call.path, headers=dict(call.headers), body=call.body)
        assert reply.status in call.answers, reply
        return Answer(status=reply.status, headers=reply.headers, body=reply.body)


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("services")
    leaf = Authority("servers").server("127.0.0.1")
    (folder / "tls.crt").write_text(leaf.certificate)
    (folder / "tls.key").write_text(leaf.private_key)
    files = {"TLS_CERT_FILE": str(folder / "tls.crt"), "TLS_KEY_FILE": str(folder / "tls.key"), "POD_NAME": "pod-1"}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres(tmp_path_factory.mktemp("postgres")))
        clients = {}
        for name, module in (("billing", billing), ("analytics", analytics)):
            environment = files | {"SERVICE_NAME": name, "DATABASE_URL": "postgresql://x@127.0.0.1:1/x?sslmode=disable"}
            url = databases.migrated(server, name, environment)
            settings = Settings.from_environment(environment | {"DATABASE_URL": url})
            clients[name] = stack.enter_context(client(module.create(settings)))
        yield clients


@pytest.fixture
def stored(services):
    """The invoices and the counted events of an order, as the services tell them."""

    def read(order_id: str, customer: str) -> tuple[list[dict], list[dict]]:
        invoices = services["billing"]("GET", f"/invoices?user_id={customer}&limit=100").json["items"]
        events = services["analytics"]("GET", f"/events?user_id={customer}&limit=100").json["items"]
        return (
            [each for each in invoices if each["order_id"] == order_id],
            [each for each in events if each["attributes"].get("order_id") == order_id],
        )

    return read


@pytest.mark.parametrize("effect", range(8))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_invoice_and_one_count_of_each_event_whatever_dies(shop, services, stored, effect, moment, monkeypatch):
    monkeypatch.setattr(shop, "services", RealServices(services))
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
    """Somebody has invoiced the order by hand, with another content."""
    monkeypatch.setattr(shop, "services", RealServices(services))
    product = shop.product()
    order = shop.order({product: 1}).json
    item = {"product_id": product, "quantity": 1, "unit_price": "0.01"}
    draft = {"user_id": "alice", "order_id": order["id"], "currency": "EUR", "items": [item]}
    headers = {"content-type": "application/json"}
    assert services["billing"]("POST", "/invoices", headers=headers, body=json.dumps(draft).encode()).status == 201

    shop.settle()

    shown = shop.request("GET /orders/{orderId}", path={"orderId": order["id"]}).json
    assert (shown["status"], shown["reason"]) == (
        "FAILED",
        "Billing refused the invoice (409): It contradicts what is stored",
    )
    assert shop.stock(product) == (20, 0)
