"""A customer who reads and orders while something goes wrong, and remembers every answer."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import urllib3

from tests.local.faults.fault import NO_ANSWER
from tests.support.customer import Customer, new_key
from tests.support.load import beside
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE

PRICE = "4.55"
STOCK = 1_000
PAUSE = 0.15
"""Seconds between two calls of one thread."""
READERS, BUYERS = 3, 2
"""Threads that read, and that order."""
QUIET = 2.0
"""Seconds without a failing call after which callers succeed again."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call with its outcome: the status, or NO_ANSWER."""

    began: float
    ended: float
    outcome: int | str
    retry_after: float = 0.0
    """Seconds that the answer asks to wait before the next try, as `Retry-After` says."""

    @property
    def failed(self) -> bool:
        return self.outcome not in (200, 201)


@dataclass(kw_only=True)
class Traffic:
    """The calls of one customer. An order whose answer is a failure is placed again with the same key, as any client
    may do, until it is acknowledged."""

    stack: Stack
    customer: Customer
    product: str
    order_pause: float = PAUSE
    """Seconds between two orders of one buyer."""
    calls: list[Call] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    """The id of each acknowledged order, one for each key."""
    wrong: list[str] = field(default_factory=list)
    """The bodies of good answers that are not what was asked for."""

    @classmethod
    def of(cls, stack: Stack, *, order_pause: float = PAUSE) -> Traffic:
        """Returns the traffic of a new customer, with a product that nobody else orders."""
        customer = Customer(stack, f"flora-{uuid.uuid4().hex[:8]}")
        return cls(
            stack=stack, customer=customer, product=customer.product(stock=STOCK, price=PRICE), order_pause=order_pause
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Has the customer call during the block. Every order that was begun is acknowledged when it returns."""
        with beside(*[self._read] * READERS, *[self._order] * BUYERS):
            yield

    def quiet(self) -> bool:
        """Tells whether nothing has failed for a while in which calls were answered.

        The while begins when nobody is asked to wait any more: until then a part of the system may still refuse calls.
        """
        since, calls = time.monotonic() - QUIET, list(self.calls)
        recent = [call for call in calls if call.ended >= since]
        return len(recent) >= 2 * READERS and all(
            call.ended + call.retry_after < since for call in calls if call.failed
        )

    def failures(self, *, since: float) -> Counter[int | str]:
        """Returns how many calls failed in which way that ended after a moment on time.monotonic. Functions that have
        just begun to run may refuse some before that, on a busy machine."""
        return Counter(call.outcome for call in self.calls if call.failed and call.ended >= since)

    def seconds_to_recover(self, healed: float) -> float:
        """Returns the seconds from a moment until the last failing call was over."""
        return max(0.0, *(call.ended - healed for call in self.calls if call.failed), 0.0)

    # ---- the threads

    def _read(self, stop: threading.Event) -> None:
        while not stop.wait(PAUSE):
            body = self._called("GET", "/users/123")
            if body not in (None, {"id": "123", "name": "Mark Wells", "role": "Engineer"}):
                self.wrong.append(str(body))

    def _order(self, stop: threading.Event) -> None:
        while not stop.wait(self.order_pause):
            key, end = new_key(), time.monotonic() + PATIENCE
            lines = {"items": [{"product_id": self.product, "quantity": 1}]}
            while (body := self._called("POST", "/orders", lines, key)) is None and time.monotonic() < end:
                time.sleep(PAUSE)
            if not isinstance(body, dict) or (body["status"], body["total"]) != ("PENDING", PRICE):
                self.wrong.append(f"{key}: {body}")
                continue
            self.orders.append(body["id"])

    def _called(self, method: str, path: str, body: object = None, key: str | None = None) -> object:
        """Returns the body of a good answer, None for a failure."""
        began = time.monotonic()
        headers = {"Idempotency-Key": key} if key else {}
        outcome: int | str
        retry_after = 0.0
        try:
            answer = self.stack.request(method, path, token=self.customer.token, json_body=body, headers=headers)
            outcome, content = answer.status, _content(answer) if answer.status in (200, 201) else None
            retry_after = float(answer.headers.get("retry-after", 0))
        except urllib3.exceptions.HTTPError:
            outcome, content = NO_ANSWER, None
        self.calls.append(Call(began=began, ended=time.monotonic(), outcome=outcome, retry_after=retry_after))
        return content


def _content(answer: urllib3.BaseHTTPResponse) -> object:
    """Returns what a good answer says: its text where it is no JSON, which nobody takes for right."""
    try:
        return answer.json()
    except ValueError:
        return answer.data.decode(errors="replace")
