"""Holds what all pages of one console share, and asks emulator and processes no more often than needed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from console import figures, program
from console.emulator import AwayError, Emulator
from console.figures import Figures
from console.letters import Queue, queues
from console.place import Place
from console.runtime import Runtime, Watch
from console.store import Store
from console.tail import Tail

T = TypeVar("T")

FRESH = 2.0
"""Seconds for which an answer of the emulator, or a look at the processes, is shown again."""
CHUNKS_AT_ONCE = 8
"""Chunks of log files that are read before a page is shown; the rest follows."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a command that somebody has sent from a page."""

    at: float
    command: str
    code: int
    output: str


@dataclass(kw_only=True)
class Context:
    """The console of one clone, as its pages see it."""

    place: Place
    store: Store
    tail: Tail
    watch: Watch
    emulator: Emulator
    outcomes: list[Outcome] = field(default_factory=list)
    """The last commands that were sent from here, the newest first."""
    reading: bool = True
    """True until the log files have been read for the first time."""
    viewers: int = 0
    """Pages that are open and follow."""
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict)

    @property
    def version(self) -> tuple[int, str]:
        """A value that is another one when a page may look different."""
        last = self.outcomes[0].at if self.outcomes else 0.0
        return self.store.changes, f"{last} {self.reading} {int(time.monotonic() / 5)}"

    def catch_up(self) -> None:
        """Reads what has come since the last look, unless that is much."""
        if not self.reading:
            for _ in islice(self.tail.read(), CHUNKS_AT_ONCE):
                continue

    def runtime(self) -> Runtime:
        """Returns what runs."""
        return self._fresh("runtime", self.watch.look)

    def figures(self, period: str, *, by: str) -> list[Figures]:
        """Returns the figures of each route or part, made anew where there are new lines."""
        function = {"route": figures.by_route, "part": figures.by_part}[by]
        return self._fresh(f"{by} {period}", lambda: function(self.store, period))

    async def messages(self) -> Sequence[Queue] | None:
        """Returns the queues; None where the emulator is away."""
        found = await self._answer("messages", self.emulator.messages)
        return None if found is None else queues(self.store, found)

    async def functions(self) -> list[dict[str, Any]] | None:
        """Returns the functions; None where the emulator is away."""
        return await self._answer("functions", self.emulator.functions)

    async def consumers(self) -> list[dict[str, Any]]:
        """Returns what gives functions their events."""
        return await self._answer("consumers", self.emulator.consumers) or []

    async def order(self, order_id: str) -> list[dict[str, Any]] | None:
        """Returns the entries of an order in its table; None where the emulator is away."""
        return await self._answer(f"order {order_id}", lambda: self.emulator.order(order_id, table="orders"))

    async def program(self) -> tuple[program.Program, str]:
        """Returns the program's resources, and what keeps them from being up to date."""
        if not self._is_fresh("program"):
            self._keep("program", await program.refresh(self.store, self.place.machine))
        return program.program(self.store), str(self._kept["program"][1])

    def forget(self) -> None:
        """Drops the kept answers: a command may have changed what they were about."""
        self._kept.clear()

    async def _answer(self, name: str, question: Callable[[], T]) -> T | None:
        if not self._is_fresh(name):
            answer: T | None = None
            with contextlib.suppress(AwayError):
                answer = await asyncio.to_thread(question)
            self._keep(name, answer)
        known: T | None = self._kept[name][1]
        return known

    def _fresh(self, name: str, look: Callable[[], T]) -> T:
        if not self._is_fresh(name):
            self._keep(name, look())
        known: T = self._kept[name][1]
        return known

    def _is_fresh(self, name: str) -> bool:
        kept = self._kept.get(name)
        return kept is not None and time.monotonic() - kept[0] < FRESH

    def _keep(self, name: str, value: Any) -> None:
        now = time.monotonic()
        self._kept = {key: kept for key, kept in self._kept.items() if now - kept[0] < 60}
        self._kept[name] = (now, value)
