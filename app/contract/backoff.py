"""Pauses between attempts: exponential, with jitter, and never past a deadline.

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_LARGEST_EXPONENT = 30
"""A doubling more often than this changes nothing: every limit is reached long before."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """The rule for the pause before the next attempt."""

    first: float
    """Seconds that the pause after the first attempt takes at most; it doubles with every attempt."""
    longest: float = math.inf
    """Seconds that any pause takes at most."""
    fixed: float = 0.0
    """The share of a pause, 0 to 1, that is not random. 0 is full jitter, which spreads callers best; more where an
    outage of some length is to be waited for."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for some seconds. Tests replace it."""
    uniform: Callable[[float, float], float] = random.uniform
    """Returns a random number between two. Tests replace it."""

    def seconds(self, attempt: int) -> float:
        """Returns the length of the pause after attempt number `attempt`, which counts from 1."""
        limit = min(self.longest, self.first * 2 ** min(attempt - 1, _LARGEST_EXPONENT))
        return self.uniform(self.fixed * limit, limit)

    def pause(self, attempt: int, *, deadline: float, reserve: float = 0.0) -> bool:
        """Sleeps after attempt number `attempt` and returns True.

        It returns False at once when less than `reserve` seconds would be left after the pause. `deadline` is on
        time.monotonic.
        """
        seconds = self.seconds(attempt)
        if not fits(seconds, deadline=deadline, reserve=reserve):
            return False
        self.sleep(seconds)
        return True


def fits(seconds: float, *, deadline: float, reserve: float = 0.0) -> bool:
    """Returns whether more than `reserve` seconds are left after a pause of `seconds`.

    `deadline` is on time.monotonic.
    """
    return time.monotonic() + seconds + reserve < deadline
