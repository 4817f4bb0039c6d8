"""The function as it is deployed: its certificate from Secrets Manager, its calls over mutual TLS to the ingress."""

import json

import pytest

from app.functions.fulfilment import handler as entry
from tests.support.pki import Authority
from tests.support.scripted import scripted_server, sends
from tests.support.shop import Context, as_record

INVOICE = "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f"


@pytest.fixture
def invoke(shop, monkeypatch, tmp_path):
    servers, clients = Authority("servers"), Authority("clients")
    client = clients.client("fulfilment")
    parts = {"certificate": client.certificate, "private_key": client.private_key, "ca": servers.certificate}
    secrets = shop.emulated.client("secretsmanager")
    arn = secrets.create_secret(Name=shop.names["bus"], SecretString=json.dumps(parts))["ARN"]
    entry.assembled.cache_clear()

    def call(*script):
        with scripted_server(
            tmp_path, server=servers.server("127.0.0.1"), clients=clients, script=list(script)
        ) as services:
            settings = {
                "ORDERS_TABLE": shop.names["orders"],
                "PRODUCTS_TABLE": shop.names["products"],
                "UPSTREAM_URL": f"https://127.0.0.1:{services.port}",
                "UPSTREAM_TLS_SECRET_ARN": arn,
                "QUEUE_URL": shop.queue,
            }
            for name, value in settings.items():
                monkeypatch.setenv(name, value)
            answer = shop.sqs.receive_message(QueueUrl=shop.queue, AttributeNames=["All"])
            records = [as_record(each) for each in answer["Messages"]]
            failures = entry.handler({"Records": records}, Context())["batchItemFailures"]
            entry.assembled().send.__self__.close()
            return failures, services.requests

    yield call
    entry.assembled.cache_clear()


def test_an_event_becomes_an_invoice_and_a_count(shop, invoke, capsys):
    product = shop.product()
    order = shop.order({product: 2}).json
    shop.relay()
    invoice = {"id": INVOICE, "order_id": order["id"], "total": "9.00"}

    failures, requests = invoke(
        sends(json.dumps(invoice).encode(), status=201), sends(b'{"accepted":1,"duplicates":0}')
    )

    assert failures == []
    shown = shop.request("GET /orders/{orderId}", path={"orderId": order["id"]}).json
    assert (shown["status"], shown["invoice_id"]) == ("INVOICED", INVOICE)
    assert [(each.method, each.path) for each in requests] == [("POST", "/invoices"), ("POST", "/events")]
    draft, batch = (json.loads(each.body) for each in requests)
    assert (draft["order_id"], draft["items"][0]["unit_price"]) == (order["id"], "4.50")
    assert requests[0].headers["idempotency-key"] == batch["events"][0]["id"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (certificates,) = [line for line in lines if "CertificateDaysLeft" in line]
    assert certificates["CertificateDaysLeft"] == pytest.approx(1, abs=0.01)
    assert certificates["service"] == "fulfilment"
    assert certificates["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_what_may_pass_leaves_the_order_as_it_is(shop, invoke, status):
    product = shop.product()
    order = shop.order({product: 2}).json
    shop.relay()

    failures, requests = invoke(sends(b'{"title":"no"}', status=status, media_type="application/problem+json"))

    assert len(failures) == 1
    assert {each.path for each in requests} == {"/invoices"}
    assert shop.request("GET /orders/{orderId}", path={"orderId": order["id"]}).json["status"] == "CONFIRMED"


def test_a_refusal_for_good_fails_the_order(shop, invoke):
    product = shop.product()
    order = shop.order({product: 2}).json
    shop.relay()
    refusal = sends(b'{"title":"No such user"}', status=422, media_type="application/problem+json")

    failures, _ = invoke(refusal, sends(b'{"accepted":1,"duplicates":0}'))

    shown = shop.request("GET /orders/{orderId}", path={"orderId": order["id"]}).json
    assert (failures, shown["status"], shown["reason"]) == (
        [],
        "FAILED",
        "Billing refused the invoice (422): No such user",
    )
    assert shop.stock(product) == (20, 0)
