"""A fault, and the means by which one is brought about on the local stack: signals and SQL."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals
from typing import Generic, TypeVar

import asyncpg
import psutil

from local.postgres import administer
from tests.support.fault_rows import Group
from tests.support.stack import Stack

NO_ANSWER = "no answer"
"""The outcome of a call whose connection was refused, reset or closed."""


PlaceOf = TypeVar("PlaceOf")


@dataclass(frozen=True, kw_only=True)
class Fault(Generic[PlaceOf]):
    """Something that goes wrong at a place while customers read and place orders."""

    group: Group
    name: str
    """The fault as docs/faults.md says it."""
    act: Callable[[PlaceOf], float | None]
    """Brings the fault about, and returns when its cause is gone; an act that takes longer returns the moment of that
    on time.monotonic. What the cause leaves behind must heal by itself."""
    statuses: frozenset[int | str] = frozenset()
    """The failing outcomes that callers may get meanwhile. Every other one fails the test, as a wrong body does."""
    recovery: str = "by itself"
    quick: bool = False
    """True for a fault that every run of the tests brings about; the others take longer: FAULTS=all."""


class Place:
    """The processes and the databases of a running stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    # ---- processes

    def process(self, name: str) -> int:
        """Returns the id of a system process: `postgres`, `issuer`, `emulator` or `envoy`."""
        (pid,) = [each["pid"] for each in self.stack.state()["processes"] if each["name"] == name]
        return int(pid)

    def pods(self, service: str) -> list[int]:
        """Returns the process ids of a service's ready pods."""
        return [int(pod["pid"]) for pod in self.stack.pods(service) if pod["state"] == "ready"]

    def workers(self, function: str = "") -> list[int]:
        """Returns the process ids of the environments in which a function runs, or of those of all functions."""
        found = []
        for process in psutil.Process(self.process("emulator")).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(f"ministack-lambda-{function}" in word for word in process.cmdline()):
                    found.append(process.pid)
        return found

    def begin_anew(self) -> None:
        """Ends the environments of all functions, so that no circuit is open from the fault before."""
        _signal(self.workers(), SIGKILL)

    def server(self) -> list[int]:
        """Returns the process ids of PostgreSQL and of its sessions."""
        postmaster = psutil.Process(self.process("postgres"))
        return [postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))]

    def frozen(self, pids: list[int], seconds: float) -> None:
        """Stops processes for some seconds: their connections stay open, and nothing is answered."""
        assert pids
        _signal(pids, SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            _signal(pids, SIGCONT)

    def killed(self, pids: list[int]) -> None:
        assert pids
        _signal(pids, SIGKILL)

    def killed_while_working(self, function: str, *, tries: int = 5) -> None:
        """Kills environments of a function again and again, each time after calls had time to get into them."""
        for _ in range(tries):
            pids = self.workers(function)
            _signal(pids, SIGSTOP)
            time.sleep(0.4)
            _signal(pids, SIGKILL)
            time.sleep(0.4)

    # ---- PostgreSQL

    def sql(self, *statements: str) -> None:
        """Runs statements as the superuser, each in a transaction of its own."""

        async def run(connection: asyncpg.Connection) -> None:
            for statement in statements:
                await connection.execute(statement)

        administer(self.stack.machine, run)

    @contextlib.contextmanager
    def changed(self, *statements: str, back: tuple[str, ...]) -> Iterator[None]:
        """Has something of the server changed until the end of the block."""
        self.sql(*statements)
        try:
            yield
        finally:
            self.sql(*back)


def _signal(pids: list[int], number: Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
