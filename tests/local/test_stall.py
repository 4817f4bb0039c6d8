"""A moment in which nothing is answered, under load: it costs the calls of that moment and no others."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.support.stack import Stack

RATES = (80, 40, 20, 10)
"""Calls per second that are tried until the machine answers them all. The test then sends half as many."""
STALL, RECOVERY, AFTER = 4.0, 3.0, 5.0
"""Seconds of the stall, until everything must be answered again, and for which this is watched."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a call."""

    sent: float
    """Seconds since the load began."""
    seconds: float
    status: int
    retry_after: str | None


def outcomes(
    stack: Stack, token: str, *, rate: float, seconds: float, at: dict[int, Callable[[], None]]
) -> list[Outcome]:
    """Sends calls at a constant rate, whether or not earlier ones are answered; `at` acts before calls by number."""
    began = time.monotonic()

    def call() -> Outcome:
        sent = time.monotonic()
        response = stack.request("GET", "/users/123", token=token, timeout=60)
        took, retry_after = time.monotonic() - sent, response.headers.get("retry-after")
        return Outcome(sent=sent - began, seconds=took, status=response.status, retry_after=retry_after)

    calls: list[Future[Outcome]] = []
    with ThreadPoolExecutor(256) as threads:
        for number in range(int(seconds * rate)):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            at.get(number, lambda: None)()
            calls.append(threads.submit(call))
    return [each.result() for each in calls]


def sustained(stack: Stack, token: str) -> float:
    """Returns half of the first rate at which every call is answered within a second."""
    for rate in RATES:
        probe = outcomes(stack, token, rate=rate, seconds=2.0, at={})
        if all(each.status == 200 and each.seconds < 1 for each in probe):
            return rate / 2
    pytest.skip(f"This machine is too busy to answer {RATES[-1]} calls a second, even without a stall.")


def test_a_stall_does_not_become_an_outage(stack: Stack, token: str) -> None:
    (emulator,) = [process["pid"] for process in stack.state()["processes"] if process["name"] == "emulator"]
    rate = sustained(stack, token)
    stall = {0: lambda: os.kill(emulator, signal.SIGSTOP), int(STALL * rate): lambda: os.kill(emulator, signal.SIGCONT)}
    try:
        seen = outcomes(stack, token, rate=rate, seconds=STALL + RECOVERY + AFTER, at=stall)
    finally:
        os.kill(emulator, signal.SIGCONT)
    lost = [outcome for outcome in seen if outcome.status != 200]
    assert [outcome for outcome in lost if outcome.sent > STALL + RECOVERY] == []
    assert {(outcome.status, outcome.retry_after) for outcome in lost} <= {(503, "1")}
    assert max((outcome.seconds for outcome in lost), default=0.0) < 2, "they are refused at once"
