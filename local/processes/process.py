"""Processes that outlive the supervisor that started them, so that requests go on while it is replaced.

A process is known by its id and creation time, because the system gives ids of ended processes to new ones. A mark in
its environment finds what a killed supervisor started and could not record any more.
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

from local.cause import cause
from local.machine import Machine

MARK = "LOCAL_STACK_HOME"
POLL = 0.1
"""Seconds between two looks at a process; its end is seen within that time."""
CLOCK_TOLERANCE = 2.0
"""Seconds by which creation times may differ: they are computed from the wall clock, which somebody may set."""


@dataclass
class Backoff:
    """The wait before a process is started again: none the first time, then 1 s, doubling to 10 s."""

    failures: int = 0
    """Number of ends in a row; 30 s of health set it back."""

    def after(self, healthy: float) -> float:
        """Returns the seconds to wait after an end that followed `healthy` seconds of health."""
        self.failures = 1 if healthy >= 30 else self.failures + 1
        return 0.0 if self.failures == 1 else min(10.0, 2.0 ** (self.failures - 2))


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process that this supervisor started or adopted."""

    pid: int
    created: float
    """Seconds since the epoch."""
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    """None for a process of an earlier supervisor."""

    def alive(self) -> bool:
        return self.child.poll() is None if self.child else adopt(self.pid, self.created) is not None

    async def wait(self) -> str:
        """Waits for the end and returns it in words, for example `exited with 1` or `was ended by SIGKILL`."""
        while self.alive():  # noqa: ASYNC110 - a process of a dead supervisor raises no event
            await asyncio.sleep(POLL)
        if self.child is None:
            return "has ended"
        code = self.child.returncode
        return f"was ended by {Signals(-code).name}" if code < 0 else f"exited with {code}"

    async def stop(self, *, grace: float, signal: Signals = SIGTERM) -> None:
        """Signals the process, waits up to `grace` seconds, then kills it and what it started and left behind."""
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


def start(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path, machine: Machine) -> Process:
    """Starts a process of this clone, marked as one. Raises OSError."""
    child = spawn(argv, env={**env, MARK: str(machine.home)}, cwd=cwd, log=log)
    return Process(pid=child.pid, created=psutil.Process(child.pid).create_time(), child=child)


def spawn(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, which neither Ctrl-C nor the end of the terminal reaches.

    `env` is its whole environment. Raises OSError.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def adopt(pid: int, created: float) -> Process | None:
    """Returns the process of that identity if it lives; by now another process may have its id."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < CLOCK_TOLERANCE
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return Process(pid=pid, created=created)
    return None


def identity_of(process: Process | None) -> dict[str, Any]:
    """Returns what an entry of the status file says of a process."""
    return {"pid": process.pid if process else None, "created": process.created if process else None}


def adopt_recorded(record: Mapping[str, Any] | None) -> Process | None:
    """Returns the living process of an entry of the status file."""
    return adopt(record["pid"], record["created"]) if record and record.get("pid") else None


def family(process: Process) -> list[psutil.Process]:
    """Returns the process and all that descend from it, or nothing when it has ended."""
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)] if process.alive() else []
    except psutil.NoSuchProcess:
        return []


def marked(machine: Machine) -> Iterator[psutil.Process]:
    """Yields the living processes of this clone, whoever started them."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            if process.environ().get(MARK) == str(machine.home) and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def kill(processes: Sequence[psutil.Process]) -> None:
    """Sends SIGKILL to those that are still the same processes; returns when they are gone, or after 5 seconds."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def log_tail(path: Path, lines: int = 3, root: Path | None = None) -> str:
    """Returns the last lines of a log file that are not empty, joined by ` | `.

    With the clone's `root`, a stack trace at the end gives way to its place and its error.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 16384))
            content = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    if root is not None and (failure := cause(content, root)):
        return failure
    return " | ".join([line.strip() for line in content.splitlines() if line.strip()][-lines:])
