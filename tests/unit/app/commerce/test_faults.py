"""A function dies, or an answer gets lost, at any of its effects: what comes after it makes all as if nothing had
happened. The effects are counted in an undisturbed run, so that a new one is covered without a change here."""

import contextlib
import dataclasses
from collections.abc import Callable

import pytest

from tests.support import invariants
from tests.support.faults import MOMENTS, Crash, Faults, Moment
from tests.support.services_fake import NO_SUCH_USER
from tests.support.shop import Shop


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`act` is what dies; `again` what the caller, the stream or the queue does then. `effects` guards the counting."""

    prepare: Callable[[Shop], dict]
    act: Callable[[Shop, dict, Faults | None], object]
    effects: list[str]
    outcome: list[str]


def ordered(shop: Shop, **options) -> dict:
    products = [shop.product(), shop.product(price="0.10")]
    answer = shop.order({products[0]: 2, products[1]: 3}, **options)
    assert answer.status == 201
    return {"products": products, "order": answer.json["id"]}


def placing(shop: Shop) -> dict:
    return {"products": [shop.product(), shop.product(price="0.10")]}


def place(shop: Shop, made: dict, faults: Faults | None) -> object:
    return shop.order({made["products"][0]: 2, made["products"][1]: 3}, key="once", faults=faults)


def cancel(shop: Shop, made: dict, faults: Faults | None) -> object:
    return shop.request("POST /orders/{orderId}/cancel", path={"orderId": made["order"]}, faults=faults)


def relay(shop: Shop, _: dict, faults: Faults | None) -> object:
    return shop.relay(faults)


def relayed(shop: Shop, **options) -> dict:
    made = ordered(shop, **options)
    shop.relay()
    return made


def refused(shop: Shop) -> dict:
    return relayed(shop, subject=NO_SUCH_USER)


def cancelled(shop: Shop) -> dict:
    made = ordered(shop)
    assert cancel(shop, made, None).status == 200
    shop.relay()
    return made


def fulfil(shop: Shop, _: dict, faults: Faults | None) -> object:
    return shop.fulfil(faults)


GET, WRITE, BILL, COUNT = "get_item", "transact_write_items", "POST /invoices", "POST /events"
SCENARIOS = {
    "create": Scenario(placing, place, [GET, "batch_get_item", WRITE], ["INVOICED"]),
    "cancel": Scenario(ordered, cancel, [GET, WRITE], ["CANCELLED"]),
    "relay": Scenario(ordered, relay, ["put_events"], ["INVOICED"]),
    "fulfil": Scenario(relayed, fulfil, [GET, WRITE, GET, BILL, WRITE, GET, COUNT], ["INVOICED"]),
    "fail": Scenario(refused, fulfil, [GET, WRITE, GET, BILL, WRITE, GET, COUNT], ["FAILED"]),
    "count": Scenario(cancelled, fulfil, [GET, COUNT, COUNT], ["CANCELLED"]),
}
POINTS = [
    pytest.param(name, (number, moment), id=f"{name}-{number}-{effect}-{moment}")
    for name, scenario in SCENARIOS.items()
    for number, effect in enumerate(scenario.effects)
    for moment in MOMENTS
]


@pytest.mark.parametrize("name", SCENARIOS)
def test_these_are_all_the_effects(shop, name):
    scenario, faults = SCENARIOS[name], Faults()
    scenario.act(shop, scenario.prepare(shop), faults)

    assert faults.calls == scenario.effects


@pytest.mark.parametrize(("name", "at"), POINTS)
def test_nothing_is_lost_and_nothing_doubled(shop, name, at: tuple[int, Moment]):
    scenario, faults = SCENARIOS[name], Faults(at=at)
    made = scenario.prepare(shop)

    with contextlib.suppress(Crash, Exception):
        scenario.act(shop, made, faults)
    assert len(faults.calls) > at[0]
    scenario.act(shop, made, None)
    shop.settle()

    invariants.check(shop, dict.fromkeys(made["products"], 20))
    orders = [item for item in shop.items("orders") if item["entry"] == "order"]
    assert [order["status"] for order in orders] == scenario.outcome


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("effect", range(3))
def test_the_caller_of_a_create_that_died_gets_the_answer_of_the_first(shop, effect, moment):
    made = placing(shop)
    with contextlib.suppress(Crash):
        place(shop, made, Faults(at=(effect, moment)))

    first, second = place(shop, made, None), place(shop, made, None)

    assert first.status == 201
    assert (first.text, first.headers["location"]) == (second.text, second.headers["location"])
    invariants.check(shop, dict.fromkeys(made["products"], 20), settled=False)


def test_an_answer_that_got_lost_is_found_by_its_key_at_once(shop):
    """The write was carried out; the same invocation looks the key up before it gives up."""
    made = placing(shop)

    answer = place(shop, made, Faults(at=(2, "unanswered")))

    assert answer.status == 201
    assert shop.stock(made["products"][0]) == (18, 2)


def test_a_crash_at_one_message_leaves_those_before_it_done(shop):
    products = [shop.product()]
    for _ in range(3):
        assert shop.order({products[0]: 1}).status == 201
    shop.relay()
    with contextlib.suppress(Crash):
        shop.fulfil(Faults(at=(10, "after")))

    shop.settle()

    invariants.check(shop, {products[0]: 20})
    assert len(shop.services.invoices) == 3
