"""Broken releases under real traffic: the delivery's own code takes each back by itself, and lets a good one pass.

A run of all tests delivers a release of each kind: one that does not start, one that fails at every call, one that
fails at every message, an image that does not start, and a good one. RELEASES=all delivers the others too, which take
minutes and an idle machine, and WRITE_RELEASES=1 writes what was measured of all into docs/releases.md.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from delivery.canary import Canary
from delivery.commands import DeliveryError
from delivery.watch import Times
from local.providers.aws.client import connect
from tests.support.customer import Customer
from tests.support.load import repeated
from tests.support.local_clouds import LocalClouds
from tests.support.program import ROOT
from tests.support.releases import RELEASES, SLOW, Release
from tests.support.releases_page import Row, written
from tests.support.stack import Stack

BROKEN, GOOD = Times(watch=240, poll=0.5, before=30, period=2), Times(watch=6, poll=0.5, before=30, period=2)
"""The times of a broken and of a good release's delivery, with the longest watch of a step: the emulator counts at
once, where CloudWatch takes minutes. A broken release is returned as soon as it is seen, on a busy machine later than
on an idle one."""
STEPS = (0.5,)
TRIES = 3
"""Deliveries of one release: on a busy machine calls time out, which is a good reason to return, but not the one."""
DEADLINE = r"progress_deadline_seconds=\d+"
"""The time for which a roll-out may hang: in the clone of the test it is not as long as in a cluster."""
TIMEOUT = ("fulfilment: {timeout: 7}", "fulfilment: {timeout: 20}")
"""The time that a call of fulfilment may take, and its replacement: on a busy machine seven seconds are not enough,
whatever the version is."""

OF_EACH_KIND = {
    "answers 500 to every order",
    "crashes at import",
    "fails at every message of the queue",
    "image that crashes",
    "good",
}
"""The releases that every run delivers."""
ALL = "WRITE_RELEASES" in os.environ or os.environ.get("RELEASES") == "all"

pytestmark = pytest.mark.timeout(600)


@dataclass(kw_only=True)
class Traffic:
    """The calls of a customer, with the answers that they get."""

    customer: Customer
    stack: Stack
    product: str
    answered: list[tuple[float, int, float]] = field(default_factory=list)
    """The moment at which each call began, its status, and the number of seconds that it took."""

    def order(self) -> int:
        return self._call("POST", "/orders", {"items": [{"product_id": self.product, "quantity": 1}]})

    def read(self) -> int:
        return self._call("GET", "/users/123")

    def _call(self, method: str, path: str, body: object = None) -> int:
        began = time.monotonic()
        answer = self.stack.request(method, path, token=self.customer.token, json_body=body)
        self.answered.append((began, answer.status, time.monotonic() - began))
        return answer.status

    def since(self, moment: float, release: Release) -> tuple[int, list[float]]:
        """Returns how many calls began since a moment, and when those did whose callers noticed the release.

        A 503 or 504 is what a busy machine answers, and no release here does.
        """
        calls = [each for each in self.answered if each[0] >= moment]
        return len(calls), [began for began, status, s in calls if status == 500 or (release.slow and s >= SLOW)]


@pytest.fixture(scope="module")
def traffic(stack: Stack) -> Iterator[Traffic]:
    customer = Customer(stack, f"rita-{uuid.uuid4().hex[:8]}")
    one = Traffic(customer=customer, stack=stack, product=customer.product(stock=100_000))
    with ExitStack() as entered:
        entered.enter_context(repeated(one.order, one.order, pause=0.8))
        entered.enter_context(repeated(one.read, one.read, pause=0.25))
        yield one


@pytest.fixture(scope="module")
def clouds(stack: Stack) -> Iterator[LocalClouds]:
    """Puts everything back that the releases have changed: other tests use the same stack."""
    files = {stack.root / name for name in ("Pulumi.local.yaml", *(release.file for release in RELEASES))}
    scaling, settings = stack.root / "components/kubernetes/scaling.py", stack.root / "Pulumi.local.yaml"
    before = {file: file.read_text() for file in (*files, scaling)}
    deadline = f"progress_deadline_seconds={stack.deadline}"
    for file, old, new in ((scaling, DEADLINE, deadline), (settings, *TIMEOUT)):
        text, count = re.subn(old, new, before[file])
        assert count == 1
        file.write_text(text)
    stack.up()
    yield LocalClouds(stack=stack, changed=set())
    for file, text in before.items():
        file.write_text(text)
    stack.up()
    dead = stack.outputs_of("sqs/queue:Queue", "relay-dead-letters")["url"]
    connect(stack.machine).call("sqs", "PurgeQueue", {"QueueUrl": dead})


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """Collects the measurements of the releases, and writes them into the page where WRITE_RELEASES is set."""
    rows: list[Row] = []
    yield rows
    if os.environ.get("WRITE_RELEASES"):
        page = ROOT / "docs" / "releases.md"
        page.write_text(written(page.read_text(), rows))


def delivered(release: Release, clouds: LocalClouds) -> str | None:
    """Delivers a release and returns why it was taken back, None when it was not."""
    times = BROKEN if release.verdict else GOOD
    canary = Canary(
        stack="local",
        run=clouds.run,
        log_in=lambda: None,
        guard=lambda: None,
        steps=STEPS,
        times=times,
        report=lambda _: None,
    )
    try:
        canary.deliver()
    except DeliveryError as error:
        return str(error)
    clouds.changed.clear()
    return None


def as_expected(release: Release, said: str | None) -> bool:
    if said is None or release.verdict is None:
        return said is release.verdict
    back = re.search(r"have (their calls back|all calls)\.", said)
    return bool(re.search(release.verdict, said) and back)


def delivers(release: Release) -> Any:
    """Returns the parameter of a release, which is skipped where only some are delivered."""
    needs = pytest.mark.skipif(not ALL and release.name not in OF_EACH_KIND, reason="takes minutes: RELEASES=all")
    return pytest.param(release, id=release.name, marks=needs)


@pytest.mark.parametrize("release", [delivers(release) for release in RELEASES])
def test_a_broken_release_is_taken_back_and_a_good_one_passes(
    release: Release, stack: Stack, clouds: LocalClouds, traffic: Traffic, rows: list[Row]
) -> None:
    settings, file = stack.root / "Pulumi.local.yaml", stack.root / release.file
    checked_out, source = settings.read_text(), file.read_text()
    file.write_text(release.applied(source))
    clouds.changed.add(release.moves)
    try:
        for _ in range(TRIES):
            began = time.monotonic()
            said = delivered(release, clouds)
            settings.write_text(checked_out)  # what a return writes is gone with the job's checkout
            if as_expected(release, said):
                break
    finally:
        file.write_text(source)
        settings.write_text(checked_out)
    ended = time.monotonic()
    assert as_expected(release, said), said
    calls, noticed = traffic.since(began, release)
    assert bool(noticed) == release.noticed, noticed
    time.sleep(1)
    if not release.slow:  # a busy machine is slow too
        assert traffic.since(ended, release)[1] == []
    rows.append(
        Row(release=release, calls=calls, noticed=len(noticed), seconds=ended - noticed[0] if noticed else None)
    )
