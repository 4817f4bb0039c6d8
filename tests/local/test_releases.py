"""Broken releases under real traffic: the delivery's own code takes each back by itself, and lets a good one pass.

WRITE_RELEASES=1 writes what was measured into docs/releases.md.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from delivery.canary import Canary
from delivery.commands import DeliveryError
from delivery.watch import Times
from local.providers.aws.client import connect
from tests.support.customer import Customer
from tests.support.load import repeated
from tests.support.local_clouds import LocalClouds
from tests.support.program import ROOT
from tests.support.releases import RELEASES, Release
from tests.support.releases_page import Row, written
from tests.support.stack import Stack

TIMES = Times(watch=12, poll=0.5, before=5, period=2)
"""Short ones: the emulator counts at once, where CloudWatch takes minutes."""
STEPS = (0.5,)
SLOW = 1.5
"""Seconds after which a caller notices."""
DEADLINE = ("progress_deadline_seconds=300", "progress_deadline_seconds=20")
"""How long a roll-out may hang: in the clone of the test not as long as in a cluster."""

pytestmark = pytest.mark.timeout(600)


@dataclass(kw_only=True)
class Traffic:
    """What callers get."""

    customer: Customer
    stack: Stack
    product: str
    answered: list[tuple[float, bool]] = field(default_factory=list)
    """For each call, when it began, and whether its caller noticed something."""

    def order(self) -> int:
        return self._call("POST", "/orders", {"items": [{"product_id": self.product, "quantity": 1}]})

    def read(self) -> int:
        return self._call("GET", "/users/123")

    def _call(self, method: str, path: str, body: object = None) -> int:
        began = time.monotonic()
        answer = self.stack.request(method, path, token=self.customer.token, json_body=body)
        noticed = answer.status >= 500 or time.monotonic() - began > SLOW
        self.answered.append((began, noticed))
        return answer.status

    def since(self, moment: float) -> tuple[int, list[float]]:
        """Returns how many calls began since a moment, and when those did whose callers noticed something."""
        calls = [each for each in self.answered if each[0] >= moment]
        return len(calls), [when for when, noticed in calls if noticed]


@pytest.fixture(scope="module")
def traffic(stack: Stack) -> Iterator[Traffic]:
    customer = Customer(stack, f"rita-{uuid.uuid4().hex[:8]}")
    one = Traffic(customer=customer, stack=stack, product=customer.product(stock=100_000))
    with ExitStack() as entered:
        entered.enter_context(repeated(one.order, one.order, one.order, pause=0.1))
        entered.enter_context(repeated(one.read, one.read, pause=0.15))
        yield one


@pytest.fixture(scope="module")
def clouds(stack: Stack) -> Iterator[LocalClouds]:
    """Puts everything back that the releases have changed: other tests use the same stack."""
    files = {stack.root / name for name in ("Pulumi.local.yaml", *(release.file for release in RELEASES))}
    scaling = stack.root / "components/kubernetes/scaling.py"
    before = {file: file.read_text() for file in (*files, scaling)}
    assert DEADLINE[0] in before[scaling]
    scaling.write_text(before[scaling].replace(*DEADLINE))
    yield LocalClouds(stack=stack, changed=set())
    for file, text in before.items():
        file.write_text(text)
    stack.up()
    dead = stack.outputs_of("sqs/queue:Queue", "relay-dead-letters")["url"]
    connect(stack.machine).call("sqs", "PurgeQueue", {"QueueUrl": dead})


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """What was measured, by release."""
    rows: list[Row] = []
    yield rows
    if os.environ.get("WRITE_RELEASES") and len(rows) == len(RELEASES):
        page = ROOT / "docs" / "releases.md"
        page.write_text(written(page.read_text(), rows))


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_a_broken_release_is_taken_back_and_a_good_one_passes(
    release: Release, stack: Stack, clouds: LocalClouds, traffic: Traffic, rows: list[Row]
) -> None:
    settings, file = stack.root / "Pulumi.local.yaml", stack.root / release.file
    checked_out, source = settings.read_text(), file.read_text()
    file.write_text(source + release.code)
    clouds.changed.add(release.moves)
    canary = Canary(stack="local", run=clouds.run, log_in=lambda: None, steps=STEPS, times=TIMES, report=lambda _: None)
    began = time.monotonic()
    try:
        if release.verdict is None:
            canary.deliver()
            clouds.changed.clear()
        else:
            with pytest.raises(DeliveryError) as raised:
                canary.deliver()
            assert re.search(release.verdict, str(raised.value)), raised.value
            assert "have their calls back" in str(raised.value)
    finally:
        # The commit is reverted; what a return has written is gone with the job's checkout.
        file.write_text(source)
        settings.write_text(checked_out)
    ended = time.monotonic()
    calls, noticed = traffic.since(began)
    assert bool(noticed) == release.noticed, noticed
    time.sleep(SLOW)
    assert traffic.since(ended)[1] == []
    rows.append(
        Row(release=release, calls=calls, noticed=len(noticed), seconds=ended - noticed[0] if noticed else None)
    )
