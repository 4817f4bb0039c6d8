"""When a call may be sent again: few attempts, full jitter, and a budget so that an outage does not multiply the load.

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

ATTEMPTS = 3
FIRST_PAUSE = 0.1
"""Seconds that the pause after the first attempt has at most; it doubles with every attempt."""
SHORTEST_ATTEMPT = 0.05
"""Seconds without which an attempt is not worth to be started."""
BUDGET = 10.0
"""Retries that an idle environment may make at once."""
EARNED = 0.1
"""Retries that every call adds: with everything failing the services see 1.1 times the calls."""


class Retries:
    """Shared by all calls and threads of one environment."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._sleep = sleep
        self._uniform = uniform
        self._budget = BUDGET
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A call begins."""
        with self._lock:
            self._budget = min(BUDGET, self._budget + EARNED)

    def pause(self, attempts: int, *, deadline: float, at_least: float = 0.0) -> bool:
        """Sleeps and tells that attempt number `attempts` may be followed by another; False when it may not.

        `deadline` is on time.monotonic, `at_least` in seconds (what the upstream asked for).
        """
        if attempts >= ATTEMPTS:
            return False
        seconds = max(at_least, self._uniform(0.0, FIRST_PAUSE * 2 ** (attempts - 1)))
        if time.monotonic() + seconds + SHORTEST_ATTEMPT > deadline or not self._spend():
            return False
        self._sleep(seconds)
        return True

    def _spend(self) -> bool:
        with self._lock:
            affordable = self._budget >= 1.0
            if affordable:
                self._budget -= 1.0
        return affordable
