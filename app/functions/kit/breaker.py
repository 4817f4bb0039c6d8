"""A circuit breaker: calls of a service that keeps failing end at once, so that nobody waits in vain.

Kept libraries do something else: pybreaker holds its lock during a call, which would put calls at once in a row, and
counts failures in a row, as purgatory and the breaker of Powertools for AWS Lambda do; a service of which every other
call fails would never open those. To import either of the latter takes longer than all that the function takes from
the standard library.
https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]

WINDOW = 20
"""The number of calls that count as recent: Hystrix's request volume (https://github.com/Netflix/Hystrix/wiki/Configuration)."""
HORIZON = 60.0
"""Seconds after which a call is not recent any more: a function may sleep for hours between two of them."""
MINIMUM = 5
"""The number of recent calls without which nothing is concluded, as the breaker of Powertools for AWS Lambda takes by
default. An environment makes one request at a time: with Hystrix's 20 it would wait a minute for time-outs of 3 s."""
RATIO = 0.5
"""The share of the recent calls that must have failed to open the circuit, as in Hystrix and resilience4j
(https://resilience4j.readme.io/docs/circuitbreaker)."""
PAUSE = 30.0
"""Seconds for which an open circuit lets no call through. Then one is let through as a probe."""
PROBING = 1
"""Seconds after which a new attempt makes sense while the probe is under way."""


class CircuitOpenError(Exception):
    """The call may not be made now. `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the circuit is open for {retry_after} s")
        self.retry_after = retry_after


class Breaker:
    """The circuit breaker of one service, shared by all threads: `admit` before each call, `record` after it.

    closed: every call goes through, and its outcome is kept. open: none does. half-open: one, whose outcome decides.
    """

    def __init__(self, *, on_transition: Callable[[State], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._on_transition = on_transition
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[tuple[float, bool]] = deque(maxlen=WINDOW)
        self._state: State = "closed"
        self._permit = 0  # grows with every transition: what began before one decides nothing after it
        self._wait_until = 0.0

    @property
    def closed(self) -> bool:
        """True while every call goes through."""
        return self._state == "closed"

    def admit(self) -> int:
        """Returns the permit of a call, to be given back with the outcome. Raises CircuitOpenError."""
        with self._lock:
            if self._state == "closed":
                return self._permit
            remaining = self._wait_until - self._clock()
            if remaining > 0:
                raise CircuitOpenError(PROBING if self._state == "half-open" else math.ceil(remaining))
            self._enter("half-open", wait=PAUSE)  # a probe that never ends makes room for another
            permit = self._permit
        self._on_transition("half-open")
        return permit

    def record(self, permit: int, *, failed: bool) -> None:
        """Keeps the outcome of a call that reached the service, or tried to."""
        with self._lock:
            entered = self._outcome(failed) if permit == self._permit else None
        if entered is not None:
            self._on_transition(entered)

    def cancel(self, permit: int) -> None:
        """Gives a permit back whose call says nothing of the service: another call may be the probe."""
        with self._lock:
            if permit == self._permit and self._state == "half-open":
                self._enter("open", wait=0.0)

    def _outcome(self, failed: bool) -> State | None:
        now = self._clock()
        if self._state == "half-open":
            return self._enter("open" if failed else "closed", wait=PAUSE)
        self._recent.append((now, failed))
        if not failed:
            return None
        recent = [failure for moment, failure in self._recent if moment > now - HORIZON]
        if len(recent) >= MINIMUM and sum(recent) >= RATIO * len(recent):
            return self._enter("open", wait=PAUSE)
        return None

    def _enter(self, state: State, *, wait: float) -> State:
        self._state = state
        self._permit += 1
        self._wait_until = self._clock() + wait
        self._recent.clear()
        return state
