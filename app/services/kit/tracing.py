"""What a sampled request leaves for its spans while it is under way.

Its span is made when it has ended (`kit/spans.py`): before that a sampled request costs this object, any other nothing.
OpenTelemetry's instrumentation of FastAPI costs as much as a whole request, sampled or not.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import NamedTuple

from app.contract.correlation import Correlation


class Use(NamedTuple):
    """Of the database. `started` and `ended` in nanoseconds since 1970; `error` is the type of what ended it."""

    started: int
    ended: int
    error: str | None


class Trace:
    __slots__ = ("current", "started", "uses")

    def __init__(self, current: Correlation) -> None:
        self.current = current
        self.started = time.time_ns()
        self.uses: list[Use] = []

    def used(self, started: int, error: BaseException | None) -> None:
        self.uses.append(Use(started, time.time_ns(), type(error).__name__ if error else None))


active: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""Of the request that is being handled, if it is sampled and spans are exported."""
