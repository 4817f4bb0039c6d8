"""The entry points as the runtime calls them, with their settings from the environment."""

import importlib.util
import json

import pytest

from app.functions.catalog import handler as catalog
from app.functions.fulfilment import handler as fulfilment
from app.functions.kit.environment import SettingsError
from app.functions.orders import handler as orders
from app.functions.relay import handler as relay
from tests.support.shop import SCOPES, Context


@pytest.fixture(autouse=True)
def fresh():
    for module in (catalog, orders, relay, fulfilment):
        module.assembled.cache_clear()
    yield
    for module in (catalog, orders, relay, fulfilment):
        module.assembled.cache_clear()


@pytest.fixture
def configured(shop, monkeypatch):
    monkeypatch.setenv("PRODUCTS_TABLE", shop.names["products"])
    monkeypatch.setenv("ORDERS_TABLE", shop.names["orders"])
    monkeypatch.setenv("IDEMPOTENCY_TABLE", shop.names["keys"])
    return shop


def event(route: str, body: object = None, *, scope: str = SCOPES):
    return {
        "routeKey": route,
        "headers": {"content-type": "application/json", "x-request-id": "request-1"},
        "requestContext": {"authorizer": {"jwt": {"claims": {"sub": "alice", "scope": scope, "groups": "[staff]"}}}},
        "body": json.dumps(body),
    }


def told(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_functions_of_the_shop_work_together(configured, capsys):
    made = catalog.handler(
        event("POST /products", {"name": "Pen", "price": "1.20", "currency": "EUR", "stock": 3}), Context()
    )
    item = {"product_id": json.loads(made["body"])["id"], "quantity": 3}
    placed = orders.handler(event("POST /orders", {"items": [item]}), Context())

    assert (made["statusCode"], placed["statusCode"]) == (201, 201)
    assert json.loads(placed["body"])["total"] == "3.60"
    assert placed["headers"]["content-type"] == "application/json"
    assert placed["headers"]["x-request-id"] == "request-1"
    line = told(capsys)
    assert (line["service"], line["route"], line["method"], line["status"]) == ("orders", "POST /orders", "POST", 201)
    assert (line["request_id"], line["subject"]) == ("request-1", "alice")


@pytest.mark.parametrize("module", [catalog, orders])
def test_a_missing_setting_is_a_500_and_logged(module, monkeypatch, emulated, capsys):
    monkeypatch.delenv("PRODUCTS_TABLE", raising=False)

    answer = module.handler(event("GET /orders"), Context())

    assert answer["statusCode"] == 500
    assert "PRODUCTS_TABLE" not in answer["body"]
    assert "PRODUCTS_TABLE must name the table of products" in told(capsys)["stack"]


@pytest.mark.parametrize("module", [catalog, orders])
def test_an_unknown_route(module, configured):
    answer = module.handler(event("GET /nothing"), Context())

    assert (answer["statusCode"], answer["headers"]["content-type"]) == (404, "application/problem+json")


def test_a_table_that_is_not_there_is_a_500_that_tells_nothing(configured, monkeypatch, capsys):
    monkeypatch.setenv("ORDERS_TABLE", "nowhere")

    answer = orders.handler(event("GET /orders"), Context())

    assert (answer["statusCode"], "nowhere" in answer["body"]) == (500, False)
    assert "ResourceNotFoundException" in told(capsys)["stack"]


def test_tables_that_can_not_be_reached_are_a_503(configured, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _: None)

    answer = orders.handler(event("GET /orders"), Context())

    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "1")
    assert told(capsys)["reason"] == "The data can't be reached now; try again later."


def test_scopes_count_with_the_issuers_prefix(configured, monkeypatch):
    monkeypatch.setenv("SCOPE_PREFIX", "https://api/")

    assert orders.handler(event("GET /orders", scope="orders:read"), Context())["statusCode"] == 403
    assert orders.handler(event("GET /orders", scope="https://api/orders:read"), Context())["statusCode"] == 200


def imported(module):
    """Imports a module again, as another one beside it."""
    spec = importlib.util.find_spec(module.__name__)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


SETTINGS = ("EVENT_BUS", "DEAD_LETTER_QUEUE_URL", "QUEUE_URL", "UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN")


@pytest.mark.parametrize("module", [catalog, orders, relay, fulfilment])
def test_the_parts_are_there_when_a_function_is_imported_with_its_settings(module, configured, monkeypatch):
    for name in SETTINGS:
        monkeypatch.setenv(name, f"https://{name.lower().replace('_', '-')}.example.com")

    assert imported(module).assembled.cache_info().currsize == 1


@pytest.mark.parametrize("module", [catalog, orders, relay, fulfilment])
def test_a_function_without_its_settings_is_imported_and_tells_at_its_first_call(module, monkeypatch, emulated):
    for name in ("PRODUCTS_TABLE", "EVENT_BUS"):
        monkeypatch.delenv(name, raising=False)

    copy = imported(module)

    assert copy.assembled.cache_info().currsize == 0
    with pytest.raises(SettingsError, match=r"(PRODUCTS_TABLE|EVENT_BUS) must name"):
        copy.assembled()


def test_fulfilment_needs_its_settings(monkeypatch, configured):
    for name in ("UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ValueError, match=r"UPSTREAM_URL must .*UPSTREAM_TLS_SECRET_ARN must"):
        fulfilment.handler({"Records": []}, Context())
