"""Ends reads of bodies that do not arrive, with one timer for all: one for each would slow every POST by an eighth."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any


class Deadline:
    """Of one body. `task` is set while it waits for the next part."""

    __slots__ = ("at", "done", "expired", "task")

    def __init__(self, at: float) -> None:
        self.at = at
        self.task: asyncio.Task[Any] | None = None
        self.expired = False
        self.done = False

    async def wait(self, receive: Callable[[], Awaitable[Any]]) -> Any:
        """What `receive` gives. Raises TimeoutError at the deadline."""
        if self.expired:
            raise TimeoutError
        task = self.task = asyncio.current_task()
        try:
            return await receive()
        except asyncio.CancelledError:
            self._own(task)
            raise
        finally:
            self.task = None

    def _own(self, task: asyncio.Task[Any] | None) -> None:
        """Tells this deadline's cancellation from one that somebody else asked for."""
        if self.expired and task is not None and task.uncancel() == 0:
            raise TimeoutError from None


class Deadlines:
    """All have the same length, so that they end in the order in which they began."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._pending: deque[Deadline] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Deadline:
        """Set `done` on it when the body is there."""
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
