"""The notes that a sampled request takes for its spans while it is under way.

Its spans are made when it has ended (`kit/spans.py`): before, a sampled request costs one object, any other nothing.
OpenTelemetry's instrumentation of FastAPI costs as much as a whole request, sampled or not.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import NamedTuple

from app.contract.correlation import Correlation


class Use(NamedTuple):
    """One use of the database.

    `started` and `ended` are nanoseconds since 1970. `error` is the type of the error that ended it, None if it
    succeeded.
    """

    started: int
    ended: int
    error: str | None


class Trace:
    """The notes of one request."""

    __slots__ = ("current", "started", "uses")

    def __init__(self, current: Correlation) -> None:
        self.current = current
        self.started = time.time_ns()
        self.uses: list[Use] = []

    def used(self, started: int, error: BaseException | None) -> None:
        """Notes a use of the database that ends now."""
        self.uses.append(Use(started, time.time_ns(), type(error).__name__ if error else None))


active: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""The notes of the request that is being handled, None when it is not sampled or no spans are exported."""
