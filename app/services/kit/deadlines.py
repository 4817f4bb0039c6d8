"""Ends work that takes too long, with one timer for all: a timer for each request would slow every one by an eighth."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any


class Deadline:
    """The deadline of one piece of work. It may cancel `task` while that is set; setting `done` ends it."""

    __slots__ = ("at", "done", "expired", "task")

    def __init__(self, at: float) -> None:
        self.at = at
        self.task: asyncio.Task[Any] | None = None
        self.expired = False
        self.done = False

    def __enter__(self) -> None:
        """Begins a block in which whatever is awaited ends with TimeoutError at the deadline."""
        if self.expired:
            raise TimeoutError
        self.task = asyncio.current_task()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, asyncio.CancelledError) and self.cancelled():
            raise TimeoutError from None
        self.task = None

    def cancelled(self) -> bool:
        """Returns whether a cancellation came from this deadline alone, and takes it back then. Call it once."""
        return self.expired and self.task is not None and self.task.uncancel() == 0


class Deadlines:
    """Deadlines of the same length, so that they end in the order in which they began."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._pending: deque[Deadline] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Deadline:
        """Starts a deadline. The caller sets `done` on it when the work has ended."""
        while self._pending and self._pending[0].done:
            self._pending.popleft()
        loop = asyncio.get_running_loop()
        deadline = Deadline(loop.time() + self._seconds)
        self._pending.append(deadline)
        if self._timer is None:
            self._timer = loop.call_at(deadline.at, self._expire, loop)
        return deadline

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._pending and (self._pending[0].done or self._pending[0].at <= now):
            deadline = self._pending.popleft()
            if not deadline.done:
                deadline.expired = True
                if deadline.task is not None:
                    deadline.task.cancel()
        self._timer = loop.call_at(self._pending[0].at, self._expire, loop) if self._pending else None
