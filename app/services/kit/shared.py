"""Slow work that several callers wait for: it is done once, and one that gives up does not end it for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Work that runs once at a time, with a time limit of its own.

    A caller often has a deadline that is shorter than the work. Were the work part of the caller, the deadline would
    end it each time, and it would never be done. Here it goes on, and the next caller finds its result.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]], *, timeout: float) -> None:
        """Shares `work`, which may take `timeout` seconds from its beginning, whoever waits for it."""
        self._work = work
        self._timeout = timeout
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> asyncio.Task[T]:
        """Begins the work, unless it is under way, and returns its task without waiting for it."""
        if self._task is None or self._task.done():
            # It belongs to no request: a context of its own keeps it out of the log lines and spans of the first one.
            self._task = asyncio.create_task(self._bounded(), context=Context())
            self._task.add_done_callback(_take_notice)
        return self._task

    async def result(self) -> T:
        """Waits for the work that is under way, or begins it.

        Raises what the work raises, and TimeoutError when it takes longer than its time limit.
        """
        return await asyncio.shield(self.begin())

    async def _bounded(self) -> T:
        async with asyncio.timeout(self._timeout):
            return await self._work()


def _take_notice(task: asyncio.Task[Any]) -> None:
    """Keeps asyncio from reporting an error that nobody waited for: the next caller begins the work again."""
    if not task.cancelled():
        task.exception()
