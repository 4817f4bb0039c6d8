"""A moment in which nothing is answered, under load: it costs the calls of that moment and no others."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from tests.support.stack import Stack

RATE = 40
"""Calls per second, sent whether or not the earlier ones are answered."""
BEFORE, STALL, RECOVERY, AFTER = 3.0, 4.0, 3.0, 5.0
"""Seconds of load before the stall, of the stall, until everything must be answered again, and that this is watched."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a call."""

    sent: float
    """Seconds since the load began."""
    seconds: float
    status: int
    retry_after: str | None


def test_a_stall_does_not_become_an_outage(stack: Stack, token: str) -> None:
    (emulator,) = [process["pid"] for process in stack.status()["processes"] if process["name"] == "emulator"]
    began = time.monotonic()

    def call() -> Outcome:
        sent = time.monotonic()
        response = stack.request("GET", "/users/123", token=token, timeout=30)
        took, retry_after = time.monotonic() - sent, response.headers.get("retry-after")
        return Outcome(sent=sent - began, seconds=took, status=response.status, retry_after=retry_after)

    calls: list[Future[Outcome]] = []
    end = BEFORE + STALL + RECOVERY + AFTER
    with ThreadPoolExecutor(256) as threads:
        try:
            for number in range(int(end * RATE)):
                time.sleep(max(0.0, began + number / RATE - time.monotonic()))
                calls.append(threads.submit(call))
                if number == BEFORE * RATE:
                    os.kill(emulator, signal.SIGSTOP)
                elif number == (BEFORE + STALL) * RATE:
                    os.kill(emulator, signal.SIGCONT)
        finally:
            os.kill(emulator, signal.SIGCONT)
    outcomes = [each.result() for each in calls]
    lost = [outcome for outcome in outcomes if outcome.status != 200]
    assert not [outcome for outcome in lost if outcome.sent > BEFORE + STALL + RECOVERY]
    assert {(outcome.status, outcome.retry_after) for outcome in lost} <= {(503, "1")}
    assert max((outcome.seconds for outcome in lost), default=0.0) < 2, "they are refused at once"
