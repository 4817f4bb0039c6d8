"""Operating-system processes that outlive their supervisor: known by (pid, creation time), marked in their environment.

The mark finds those that a killed supervisor started and could not record any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any

import psutil

from local.machine import Machine

MARK = "LOCAL_STACK_HOME"
POLL = 0.1
"""Seconds between looks at a process; a death is seen within that."""
CLOCK_TOLERANCE = 2.0
"""Seconds by which creation times may differ: they are computed from the wall clock, which may be set."""


@dataclass
class Backoff:
    """How long to wait before starting again: not at all the first time, then 1 s, doubling to 10 s."""

    failures: int = 0
    """Ends in a row; 30 s of health forget them."""

    def after(self, healthy: float) -> float:
        """Seconds to wait after an end that followed `healthy` seconds of health."""
        self.failures = 1 if healthy >= 30 else self.failures + 1
        return 0.0 if self.failures == 1 else min(10.0, 2.0 ** (self.failures - 2))


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process that this supervisor started or adopted."""

    pid: int
    created: float
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def alive(self) -> bool:
        if self.child is not None:
            return self.child.poll() is None
        return adopt(self.pid, self.created) is not None

    async def wait(self) -> str:
        """Its end, as words: `exited with 1`, `was ended by SIGKILL`."""
        while self.alive():  # noqa: ASYNC110 - a process of a dead supervisor raises no event
            await asyncio.sleep(POLL)
        if self.child is None:
            return "has ended"
        code = self.child.returncode
        return f"was ended by {Signals(-code).name}" if code < 0 else f"exited with {code}"

    async def stop(self, *, grace: float, signal: Signals = SIGTERM) -> None:
        """Signals it, waits `grace` seconds, then kills it and whatever it started and left behind."""
        members = family(self)
        if not members:
            return
        process, *descendants = members
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal)
        end = time.monotonic() + grace
        while self.alive() and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(POLL / 2)
        if self.alive():
            process.kill()
        await self.wait()
        kill(descendants)


def start(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path, machine: Machine, append: bool = True
) -> Process:
    """Starts a process in a session of its own, with `env` as its whole environment. Raises OSError."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab" if append else "wb") as output:
        child = subprocess.Popen(
            list(argv),
            env={**env, MARK: str(machine.home)},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Process(pid=child.pid, created=psutil.Process(child.pid).create_time(), child=child)


def adopt(pid: int, created: float) -> Process | None:
    """The process of that identity if it lives; another one may have its pid by now."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < CLOCK_TOLERANCE
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return Process(pid=pid, created=created)
    except psutil.NoSuchProcess:
        pass
    return None


def family(process: Process) -> list[psutil.Process]:
    """The process and all that descend from it; nothing when it has ended."""
    try:
        found = psutil.Process(process.pid)
        return [found, *found.children(recursive=True)] if process.alive() else []
    except psutil.NoSuchProcess:
        return []


def adopt_recorded(record: Mapping[str, Any] | None) -> Process | None:
    """The same from an entry of the status file."""
    return adopt(record["pid"], record["created"]) if record and record.get("pid") else None


def marked(machine: Machine) -> Iterator[psutil.Process]:
    """Living processes of this clone, whoever started them."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(machine.home) and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue


def kill(processes: Sequence[psutil.Process]) -> None:
    """SIGKILL to those that still are who they were; returns when they are gone, or after 5 seconds."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=5)
