"""The traffic of the faults notices what it is there to notice, on a played stack that answers wrongly."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from typing import Any, cast

import pytest
import urllib3

from tests.local.faults import run, traffic
from tests.local.faults.fault import NO_ANSWER, Fault
from tests.local.faults.run import assert_books_are_right, brought_about
from tests.local.faults.traffic import PRICE, STOCK, Call, Traffic
from tests.support.customer import INVOICED, Customer
from tests.support.fault_rows import Group
from tests.support.stack import Stack

USER = {"id": "123", "name": "Mark Wells", "role": "Engineer"}


class Played:
    """A stack and its customer in one, whose orders are known by their keys."""

    token = "t"

    def __init__(self) -> None:
        self.user = dict(USER)
        self.failing: int | str = 0
        """The outcome of every call after its effect, 0 for success."""
        self.keeps_keys = True
        self.placed: dict[str, str] = {}

    # ---- the stack

    def request(self, method: str, _: str, *, headers: dict[str, str], **__: Any) -> urllib3.HTTPResponse:
        key = headers.get("Idempotency-Key", "")
        if method == "POST":
            self.placed.setdefault(key if self.keeps_keys else str(uuid.uuid4()), order := str(uuid.uuid4()))
            order = self.placed.get(key, order)
        if self.failing == NO_ANSWER:
            raise urllib3.exceptions.ProtocolError("closed")
        if self.failing:
            return _response(int(self.failing), {})
        if method == "GET":
            return _response(200, self.user)
        return _response(201, {"id": order, "status": "PENDING", "total": PRICE})

    def state(self) -> dict[str, Any]:
        return {"deployments": [{"ready": 1, "desired": 1}]}

    # ---- the customer

    def counted(self) -> Counter[str]:
        return Counter(f"{event} {order}" for order in self.placed.values() for event in INVOICED)

    def all(self, _: str) -> list[dict[str, str]]:
        return [{"id": order, "status": "INVOICED"} for order in self.placed.values()]

    def invoices(self) -> dict[str, dict[str, str]]:
        return {order: {"total": PRICE} for order in self.placed.values()}

    def stock(self, _: str) -> tuple[int, int]:
        return STOCK - len(self.placed), len(self.placed)


def _response(status: int, content: object) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(body=json.dumps(content).encode(), status=status)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    for module, name in ((traffic, "PAUSE"), (run, "AFTER")):
        monkeypatch.setattr(module, name, 0.001)
    monkeypatch.setattr(traffic, "QUIET", 0.05)
    return Played()


def traffic_of(played: Played) -> Traffic:
    return Traffic(stack=cast("Stack", played), customer=cast("Customer", played), product="p", order_pause=0.001)


def failing(played: Played, outcome: int | str) -> None:
    """Has every call fail until some have."""
    played.failing = outcome
    threading.Event().wait(0.05)
    played.failing = 0


def fault(outcome: int | str, *allowed: int | str) -> Fault[Played]:
    return Fault(group=Group.PODS, name="f", act=lambda played: failing(played, outcome), statuses=frozenset(allowed))


@pytest.mark.parametrize("outcome", [503, NO_ANSWER])
def test_failures_that_are_allowed_are_counted_and_orders_without_an_answer_are_placed_once(
    played: Played, outcome: int | str
) -> None:
    calls = traffic_of(played)
    seen = brought_about(fault(outcome, outcome), played, calls)
    assert calls.failures(since=0.0) == Counter({outcome: seen.failed})
    assert 0 < seen.failed < seen.calls
    assert_books_are_right(calls)


def test_failures_of_functions_that_have_just_begun_are_not_those_of_the_fault(played: Played) -> None:
    calls = traffic_of(played)
    calls.calls.append(Call(began=0.0, ended=0.0, outcome=503, retry_after=0.0))
    assert brought_about(fault(503, 503), played, calls).failed == calls.failures(since=0.0).total() - 1


def test_a_failure_that_is_not_allowed_is_noticed(played: Played) -> None:
    with pytest.raises(AssertionError, match="502"):
        brought_about(fault(502, 503), played, traffic_of(played))


def test_a_wrong_answer_is_noticed(played: Played) -> None:
    def act(each: Played) -> None:
        each.user["name"] = "Somebody Else"
        threading.Event().wait(0.05)

    with pytest.raises(AssertionError, match="Somebody Else"):
        brought_about(Fault(group=Group.PODS, name="f", act=act), played, traffic_of(played))


def test_an_order_that_is_doubled_is_noticed(played: Played) -> None:
    played.keeps_keys = False
    calls = traffic_of(played)
    brought_about(fault(503, 503), played, calls)
    with pytest.raises(AssertionError):
        assert_books_are_right(calls)


def test_an_acknowledged_order_that_is_lost_is_noticed(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = traffic_of(played)
    brought_about(fault(503, 503), played, calls)
    _, lost = played.placed.popitem()
    monkeypatch.setattr(run, "eventually", lambda *_, **__: None)  # its events do not come, however long one waits
    with pytest.raises(AssertionError, match=lost):
        assert_books_are_right(calls)
