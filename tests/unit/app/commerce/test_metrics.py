"""The counts of the functions, as CloudWatch reads them from their log lines."""

import json
from collections import Counter

import pytest

from app.functions.kit.logs import Log
from app.functions.relay import handler as relay
from tests.support.embedded import metrics
from tests.support.services_fake import NO_SUCH_USER
from tests.support.shop import Context


@pytest.fixture
def counted(capsys):
    """Returns a function that counts the metrics in all lines since its last call, such as `orders OrdersPlaced`."""

    def look():
        found = Counter()
        for text in capsys.readouterr().out.splitlines():
            line = json.loads(text)
            for dimensions, values in metrics(line).items() if "_aws" in line else ():
                found.update({" ".join((*dimensions, name)): value for name, value in values.items()})
        return found

    return look


@pytest.fixture
def product(shop):
    return shop.product(stock=3)


def test_an_order_counts_when_it_is_placed_and_not_when_its_answer_is_repeated(shop, product, counted):
    for _ in range(3):
        assert shop.order({product: 1}, key="k").status == 201

    assert counted() == {"orders OrdersPlaced": 1}


def test_what_is_out_of_stock_counts(shop, product, counted):
    assert shop.order({product: 4}).status == 409
    assert shop.order({product: 3}).status == 201
    assert shop.order({product: 1}).status == 409

    assert counted() == {"orders OrdersOutOfStock": 2, "orders OrdersPlaced": 1}


def test_other_refusals_count_nothing(shop, counted):
    assert shop.order({"nothing": 1}).status == 422

    assert counted() == {}


def test_an_order_is_cancelled_once(shop, product, counted):
    order = shop.order({product: 1}).json["id"]
    counted()
    for _ in range(2):
        assert shop.request("POST /orders/{orderId}/cancel", path={"orderId": order}).status == 200

    assert counted() == {"orders OrdersCancelled": 1}


def test_an_order_is_invoiced_once_however_often_its_event_comes(shop, product, counted):
    shop.order({product: 1})
    shop.settle()
    shop.replay()
    shop.settle()

    assert counted() == {"orders OrdersPlaced": 1, "fulfilment OrdersInvoiced": 1}


def test_an_order_that_billing_refuses_counts_as_failed(shop, product, counted):
    shop.order({product: 1}, subject=NO_SUCH_USER)
    shop.settle()

    assert counted()["fulfilment OrdersFailed"] == 1


def test_how_late_the_bus_has_an_event_is_measured_for_each(shop, product, counted, monkeypatch):
    relay.assembled.cache_clear()
    monkeypatch.setenv("EVENT_BUS", shop.names["bus"])
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", shop.queue)
    shop.order({product: 1})
    shop._read_stream()
    counted()

    relay.handler({"Records": shop.records}, Context())

    assert 0 < counted()["relay RelayLag"] < 120_000
    relay.assembled.cache_clear()


def test_a_day_that_there_is_not_has_no_lag():
    assert relay._lag("2026-02-30T12:00:00Z") == {}


@pytest.mark.parametrize("level", ["DEBUG", "ERROR"])
def test_a_circuit_that_opens_counts_at_every_level(level, counted):
    Log(service="fulfilment", level=level).breaker("billing", "open")

    assert counted() == {"fulfilment billing open BreakerTransitions": 1}
