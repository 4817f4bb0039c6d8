"""The limits of retries: few attempts for a call, and a budget so that an outage does not multiply the load."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from app.contract import backoff
from app.contract.backoff import Backoff

ATTEMPTS = 3
FIRST_PAUSE = 0.1
"""Seconds that the pause after the first attempt has at most; it doubles with every attempt."""
SHORTEST_ATTEMPT = 0.05
"""Seconds that must be left for an attempt to be worth starting."""
BUDGET = 10.0
"""The number of retries that an idle environment may make at once."""
EARNED = 0.1
"""The number of retries that every call adds to the budget: with everything failing the services see 1.1 times the
calls."""


class Retries:
    """The budget of retries that all calls and threads of one environment share."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._backoff = Backoff(first=FIRST_PAUSE, sleep=sleep, uniform=uniform)
        self._budget = BUDGET
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Adds to the budget what a call earns."""
        with self._lock:
            self._budget = min(BUDGET, self._budget + EARNED)

    def pause(self, attempts: int, *, deadline: float, at_least: float = 0.0) -> bool:
        """Sleeps and returns True when another attempt may follow number `attempts`; else returns False at once.

        `deadline` is on time.monotonic. `at_least` is what the service has asked to wait, in seconds.
        """
        if attempts >= ATTEMPTS:
            return False
        seconds = max(at_least, self._backoff.seconds(attempts))
        if not backoff.fits(seconds, deadline=deadline, reserve=SHORTEST_ATTEMPT) or not self._spend():
            return False
        self._backoff.sleep(seconds)
        return True

    def _spend(self) -> bool:
        with self._lock:
            affordable = self._budget >= 1.0
            if affordable:
                self._budget -= 1.0
        return affordable
