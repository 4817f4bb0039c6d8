"""Any sequence of what customers, shopkeepers, stream and queue do, with crashes in between, keeps the books."""

import contextlib

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.functions.fulfilment.services import ANALYTICS, BILLING
from tests.support import invariants
from tests.support.faults import MOMENTS, Crash, Faults
from tests.support.ministack import Emulated
from tests.support.services_fake import NO_SUCH_USER
from tests.support.shop import Shop

CRASHES = st.none() | st.tuples(st.integers(0, 8), st.sampled_from(MOMENTS))
CUSTOMERS = st.sampled_from(["alice", "bob", NO_SUCH_USER])
KEYS = st.sampled_from(["k1", "k2", "k3"])
NUMBERS = st.integers(0, 2)


class Commerce(RuleBasedStateMachine):
    emulated: Emulated

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(self.emulated)
        self.supplied: dict[str, int] = {}
        self.placed: list[tuple[str, str]] = []
        self.by_key: dict[tuple[str, str], tuple[str, str]] = {}
        self.steps = 0

    @initialize(stocks=st.lists(st.integers(0, 8), min_size=3, max_size=3))
    def open(self, stocks):
        self.supplied = {self.shop.product(stock=stock, price="0.99"): stock for stock in stocks}

    @rule(customer=CUSTOMERS, first=NUMBERS, second=NUMBERS, quantity=st.integers(1, 3))
    def order(self, customer, first, second, quantity):
        self.order_with_a_key(customer, None, first, second, quantity, None)

    @rule(customer=CUSTOMERS, key=KEYS, first=NUMBERS, second=NUMBERS, quantity=st.integers(1, 3), at=CRASHES)
    def order_with_a_key(self, customer, key, first, second, quantity, at):
        products = list(self.supplied)
        lines = {products[first]: quantity, products[second]: 1}
        answer = None
        with contextlib.suppress(Crash):
            answer = self.shop.order(lines, subject=customer, key=key, faults=Faults(at=at))
        if answer is None:
            return
        assert answer.status in (201, 409, 422, 503), answer.text
        if answer.status == 201:
            self.placed.append((customer, answer.json["id"]))
            if key:
                said = self.by_key.setdefault((customer, key), (str(lines), answer.text))
                assert said == (str(lines), answer.text)

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), at=CRASHES)
    def cancel(self, data, at):
        customer, order = data.draw(st.sampled_from(self.placed))
        with contextlib.suppress(Crash):
            answer = self.shop.request(
                "POST /orders/{orderId}/cancel", path={"orderId": order}, subject=customer, faults=Faults(at=at)
            )
            assert answer.status in (200, 409, 503), answer.text

    @rule(number=NUMBERS, change=st.integers(-2, 3))
    def change_stock(self, number, change):
        product = list(self.supplied)[number]
        path = {"productId": product}
        answer = self.shop.request("POST /products/{productId}/stock", {"change": change}, path=path)
        assert answer.status in (204, 409)
        self.supplied[product] += change if answer.status == 204 else 0

    @rule(at=CRASHES)
    def relay(self, at):
        with contextlib.suppress(Crash, Exception):
            self.shop.relay(Faults(at=at))

    @rule(at=CRASHES)
    def fulfil(self, at):
        with contextlib.suppress(Crash):
            self.shop.fulfil(Faults(at=at))

    @rule(service=st.sampled_from([BILLING, ANALYTICS]))
    def breaks_or_returns(self, service):
        self.shop.services.down ^= {service}

    @rule()
    def replay(self):
        """All events of all times once more, as the archive would tell them."""
        self.shop.replay()

    @invariant()
    def the_books_are_right(self):
        self.steps += 1
        if self.steps % 5 == 0:  # what is wrong stays wrong, and reading all the tables takes its time
            invariants.check(self.shop, self.supplied, settled=False)

    def teardown(self):
        self.shop.services.down.clear()
        self.shop.settle()
        invariants.check(self.shop, self.supplied)


def test_the_books_are_right_whatever_happens(emulated):
    run_state_machine_as_test(
        type("CommerceThere", (Commerce,), {"emulated": emulated}),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to shrink a failure would take minutes on real tables
            suppress_health_check=list(HealthCheck),
        ),
    )
