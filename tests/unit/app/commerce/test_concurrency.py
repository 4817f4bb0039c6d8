"""Many at once, over real threads and a real table."""

import contextlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.support import invariants
from tests.support.faults import MOMENTS, Crash, Faults


def at_once(calls: list[Callable[[], object]]) -> list:
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda call: call(), calls))


def test_fifty_orders_for_twenty_items(shop):
    product = shop.product(stock=20, price="0.35")

    answers = at_once([lambda i=i: shop.order({product: 1}, subject=f"customer-{i}", key="k") for i in range(50)])

    assert Counter(answer.status for answer in answers) == {201: 20, 409: 30}
    refused = next(answer.json for answer in answers if answer.status == 409)
    assert [error["pointer"] for error in refused["errors"]] == ["/items/0/quantity"]
    assert shop.stock(product) == (0, 20)
    shop.settle()
    invariants.check(shop, {product: 20})
    assert sum(Decimal(each["shown"]["total"]) for each in shop.services.invoices.values()) == Decimal("7.00")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("effect", range(3))
def test_fifty_orders_for_twenty_items_while_every_function_dies(shop, effect, moment):
    """Each caller's first attempt dies at this effect; the relay and each batch of the fulfilment do at theirs."""
    product = shop.product(stock=20, price="0.35")

    def order(number):
        with contextlib.suppress(Crash):
            shop.order({product: 1}, subject=f"customer-{number}", key="k", faults=Faults(at=(effect, moment)))
        return shop.order({product: 1}, subject=f"customer-{number}", key="k")

    answers = at_once([lambda i=i: order(i) for i in range(50)])
    with contextlib.suppress(Crash, Exception):
        shop.relay(Faults(at=(effect % 2, moment)))
    shop.relay()
    for number in range(effect, 30, 3):
        with contextlib.suppress(Crash):
            shop.fulfil(Faults(at=(number, moment)))
    shop.settle()

    assert Counter(answer.status for answer in answers) == {201: 20, 409: 30}
    invariants.check(shop, {product: 20})
    assert (shop.stock(product), len(shop.services.invoices)) == ((0, 20), 20)
    assert sum(Decimal(each["shown"]["total"]) for each in shop.services.invoices.values()) == Decimal("7.00")


def test_lines_in_opposite_order_do_not_block_each_other(shop):
    products = [shop.product(stock=10), shop.product(stock=10)]
    lines = [dict.fromkeys(products, 1), dict.fromkeys(reversed(products), 1)]

    answers = at_once([lambda i=i: shop.order(lines[i % 2]) for i in range(24)])

    assert Counter(answer.status for answer in answers) == {201: 10, 409: 14}
    assert [shop.stock(product) for product in products] == [(0, 10), (0, 10)]


def test_one_key_at_once_makes_one_order_and_equal_answers(shop):
    product = shop.product(stock=1)

    answers = at_once([lambda: shop.order({product: 1}, key="same") for _ in range(12)])

    assert {answer.status for answer in answers} == {201}
    assert len({(answer.text, answer.headers["location"], answer.headers["etag"]) for answer in answers}) == 1
    assert shop.stock(product) == (0, 1)


def test_a_cancel_and_the_fulfilment_at_once_have_one_outcome(shop):
    product = shop.product()
    for _ in range(6):
        order = shop.order({product: 1}).json["id"]
        shop.relay()
        path = {"orderId": order}

        cancelled, _ = at_once([lambda p=path: shop.request("POST /orders/{orderId}/cancel", path=p), shop.fulfil])

        shop.settle()
        status = shop.request("GET /orders/{orderId}", path=path).json["status"]
        assert (cancelled.status, status) in {(200, "CANCELLED"), (409, "INVOICED")}
    invariants.check(shop, {product: 20})


@pytest.mark.parametrize("cancels", [2, 5])
def test_cancels_at_once_give_the_stock_back_once(shop, cancels):
    product = shop.product()
    path = {"orderId": shop.order({product: 7}).json["id"]}

    answers = at_once([lambda: shop.request("POST /orders/{orderId}/cancel", path=path)] * cancels)

    assert {answer.status for answer in answers} == {200}
    assert shop.stock(product) == (20, 0)


def test_replacements_at_once_of_one_version_lose_nothing(shop):
    path = {"productId": shop.product()}
    body = {"name": "Other", "price": "1.00", "currency": "EUR"}

    def replace():
        return shop.request("PUT /products/{productId}", body, path=path, headers={"if-match": '"1"'})

    assert Counter(answer.status for answer in at_once([replace] * 8)) == {200: 1, 412: 7}


def test_changes_of_the_stock_with_one_key_count_once(shop):
    product = shop.product(stock=0)
    path = {"productId": product}

    def deliver():
        return shop.request("POST /products/{productId}/stock", {"change": 5}, path=path, key="delivery")

    assert {answer.status for answer in at_once([deliver] * 8)} == {204}
    assert shop.stock(product) == (5, 0)
