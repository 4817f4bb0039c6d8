import uuid

import pytest

from tests.support import invariants


@pytest.fixture
def product(shop):
    return shop.product(stock=20)


def get(shop, order_id, **options):
    return shop.request("GET /orders/{orderId}", path={"orderId": order_id}, **options)


def cancel(shop, order_id, **options):
    return shop.request("POST /orders/{orderId}/cancel", path={"orderId": order_id}, **options)


def history(shop, order_id, **options):
    return shop.request("GET /orders/{orderId}/events", path={"orderId": order_id}, **options)


def test_an_order_is_placed_and_found(shop, product):
    other = shop.product(stock=5, price="0.35")

    placed = shop.order({product: 2, other: 5})

    assert placed.status == 201
    assert placed.headers["location"] == f"/orders/{placed.json['id']}"
    assert (placed.json["status"], placed.json["total"], placed.json["customer_id"]) == ("PENDING", "10.75", "alice")
    assert get(shop, placed.json["id"]).json == placed.json
    assert get(shop, placed.json["id"].upper()).json == placed.json
    assert [shop.stock(product), shop.stock(other)] == [(18, 2), (0, 5)]
    invariants.check(shop, {product: 20, other: 5}, settled=False)


def test_an_order_reserves_all_of_its_lines_or_none(shop, product):
    few, none = shop.product(stock=1), shop.product(stock=0)

    answer = shop.order({few: 2, product: 1, none: 1})

    assert answer.status == 409
    assert [error["pointer"] for error in answer.json["errors"]] == ["/items/0/quantity", "/items/2/quantity"]
    assert (shop.stock(product), shop.items("orders"), shop.items("keys")) == ((20, 0), [], [])


def test_unknown_products_are_named(shop, product):
    answer = shop.order({product: 1, "nothing": 1})

    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/items/1/product_id"])
    assert shop.stock(product) == (20, 0)


def test_as_many_lines_as_the_contract_allows(shop):
    products = [shop.product(stock=1, price="0.01") for _ in range(50)]

    placed = shop.order(dict.fromkeys(products, 1), key="k")

    assert (placed.status, placed.json["total"]) == (201, "0.50")
    assert cancel(shop, placed.json["id"]).status == 200
    invariants.check(shop, dict.fromkeys(products, 1), settled=False)


class Between:
    """A client that lets something happen just before the first write."""

    def __init__(self, client, happens) -> None:
        self._client, self._happens, self.exceptions = client, happens, client.exceptions

    def __getattr__(self, name):
        return getattr(self._client, name)

    def transact_write_items(self, **request):
        happens, self._happens = self._happens, lambda: None
        happens()
        return self._client.transact_write_items(**request)


@pytest.fixture
def between(shop, monkeypatch):
    def install(happens):
        real = shop.dynamodb
        made = Between(real, happens)
        monkeypatch.setattr(shop, "_client", lambda _: made)

    return install


def test_a_price_that_changes_while_the_order_is_made_counts_as_it_is_when_it_is_stored(shop, product, between):
    body = {"name": "Notebook", "price": "5.00", "currency": "EUR"}
    path = {"productId": product}
    between(lambda: shop.request("PUT /products/{productId}", body, path=path, headers={"if-match": '"1"'}))

    placed = shop.order({product: 2})

    assert (placed.status, placed.json["total"]) == (201, "10.00")
    assert get(shop, placed.json["id"]).json["total"] == "10.00"


def test_a_product_that_goes_while_the_order_is_made_is_named(shop, product, between):
    between(lambda: shop.request("DELETE /products/{productId}", path={"productId": product}))

    answer = shop.order({product: 2})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/items/0/product_id")


def test_stock_that_goes_while_the_order_is_made_is_named(shop, product, between):
    between(lambda: shop.order({product: 19}, subject="bob"))

    answer = shop.order({product: 2})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (409, "/items/0/quantity")
    assert shop.stock(product) == (1, 19)


def test_an_order_that_is_confirmed_while_it_is_cancelled_stays_confirmed(shop, product, between, monkeypatch):
    order = shop.order({product: 1}).json["id"]
    shop.relay()
    consumer = shop.consumer()
    monkeypatch.setattr(shop, "consumer", lambda _: consumer)
    between(shop.fulfil)

    answer = cancel(shop, order)

    assert (answer.status, answer.json["detail"]) == (
        409,
        "The order is INVOICED; only one that is PENDING can be cancelled.",
    )
    assert shop.stock(product) == (19, 1)


def test_a_repeated_key_gets_the_first_answer(shop, product):
    first = shop.order({product: 20}, key="k")

    again = shop.order({product: 20}, key="k")
    other = shop.order({product: 1}, key="k")
    somebody = shop.order({product: 20}, key="k", subject="bob")

    assert (first.status, first.text, first.headers["etag"]) == (201, again.text, again.headers["etag"])
    assert (other.status, other.json["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert somebody.status == 409
    invariants.check(shop, {product: 20}, settled=False)


def test_a_refused_key_may_succeed_later(shop):
    few = shop.product(stock=1)
    assert shop.order({few: 2}, key="k").status == 409
    assert shop.request("POST /products/{productId}/stock", {"change": 1}, path={"productId": few}).status == 204

    placed = shop.order({few: 2}, key="k")

    assert placed.status == 201
    assert shop.order({few: 2}, key="k").json == placed.json


def test_the_same_key_after_the_product_is_gone_for_good(shop, product):
    first = shop.order({product: 1}, key="k")
    cancel(shop, first.json["id"])
    assert shop.request("DELETE /products/{productId}", path={"productId": product}).status == 204

    assert shop.order({product: 1}, key="k").text == first.text


def test_pages_hold_my_orders_the_newest_first(shop, product):
    mine = [shop.order({product: 1}).json["id"] for _ in range(5)]
    shop.order({product: 1}, subject="bob")
    seen, cursor = [], None
    for expected in (2, 2, 1):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = shop.request("GET /orders", query=query).json
        assert len(page["items"]) == expected
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert (seen, cursor) == (mine[::-1], None)


def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(shop, product):
    for _ in range(3):
        shop.order({product: 1}, subject="bob")
    cursor = shop.request("GET /orders", query={"limit": "1"}, subject="bob").json["next_cursor"]

    assert shop.request("GET /orders", query={"cursor": cursor}).json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("call", [get, cancel, history])
@pytest.mark.parametrize("order", ["mine", "none"])
def test_nobody_learns_of_an_order_of_somebody_else(shop, product, call, order):
    order_id = shop.order({product: 1}).json["id"] if order == "mine" else str(uuid.uuid4())

    answer = call(shop, order_id, subject="bob")

    assert (answer.status, answer.json["detail"]) == (404, "You have no order with this id.")
    assert {item["status"] for item in shop.items("orders") if item["entry"] == "order"} <= {"PENDING"}


def test_a_cancel_gives_the_stock_back_once(shop, product):
    order = shop.order({product: 7}).json["id"]

    first, second = cancel(shop, order), cancel(shop, order)

    assert (first.status, first.json["status"], second.json) == (200, "CANCELLED", first.json)
    assert shop.stock(product) == (20, 0)
    assert [event["type"] for event in history(shop, order).json["items"]] == ["order.placed", "order.cancelled"]


def test_an_order_that_is_invoiced_is_not_cancelled(shop, product):
    order = shop.order({product: 7}).json["id"]
    shop.settle()

    assert cancel(shop, order).status == 409
    assert shop.stock(product) == (13, 7)


def test_the_history_tells_everything_in_order(shop, product):
    order = shop.order({product: 1}).json["id"]
    shop.settle()

    items = history(shop, order).json["items"]

    assert [(item["sequence"], item["type"]) for item in items] == [
        (1, "order.placed"),
        (2, "order.confirmed"),
        (3, "order.invoiced"),
    ]
    assert items[0]["data"]["total"] == "4.50"
    assert items[2]["data"]["invoice_id"] == get(shop, order).json["invoice_id"]
    assert "request_id" not in items[0]


@pytest.mark.parametrize("subject", ["auth0|123", "a" * 65])
def test_a_subject_that_billing_could_not_invoice(shop, product, subject):
    answer = shop.order({product: 1}, subject=subject)

    assert (answer.status, "can't be a customer" in answer.json["detail"]) == (422, True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"product_id": "p", "quantity": 0}]},
        {"items": [{"product_id": "p", "quantity": 1.0}]},
        {"items": [{"product_id": "p", "quantity": 1, "unit_price": "0.01"}]},
        {"items": [{"product_id": "p", "quantity": 1}] * 51},
        {"items": [{"product_id": "p", "quantity": 1}], "customer_id": "bob"},
    ],
)
def test_what_breaks_the_contract(shop, body):
    assert shop.request("POST /orders", body).status == 422
    assert shop.items("orders") == []


@pytest.mark.parametrize(("route", "lacking"), [("GET /orders", "orders:write"), ("POST /orders", "orders:read")])
def test_the_scopes_are_needed(shop, route, lacking):
    assert shop.request(route, scope=lacking).status == 403
