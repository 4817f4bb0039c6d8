"""Limits how much heavy work a process does at once, so that it never keeps what is light from being done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.contract.problems import UNAVAILABLE, ProblemError


class Places:
    """A number of places for work of one kind.

    Whoever comes when all are taken is refused at once: a queue would only make everybody late.
    """

    def __init__(self, count: int, *, name: str, retry_after: int) -> None:
        """Describes the places.

        `name` is the plural of the work, as callers read it; `retry_after` is the seconds after which they may try
        again.
        """
        self.free = count
        self._name = name
        self._retry_after = retry_after

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Takes one of the places for the time of a block. Raises ProblemError (503) when none is free."""
        if self.free == 0:
            raise self.unavailable(f"As many {self._name} as may run at once are running; try again.")
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1

    def unavailable(self, detail: str) -> ProblemError:
        """Returns the problem (503) of work that can't be done now, with the time after which it may be tried again."""
        return ProblemError(UNAVAILABLE, detail, headers={"retry-after": str(self._retry_after)})
