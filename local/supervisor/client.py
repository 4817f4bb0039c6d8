"""Starts, finds and stops the supervisor of a clone."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from local.desired import read_status
from local.errors import LocalError
from local.machine import Machine
from local.processes import PATH
from local.processes.process import Process, adopt_recorded, kill, log_tail, marked, spawn

MODULES = ("local.postgres", "local.sign_in", "local.emulator", "local.envoy.process")
"""The modules of the system processes in the order of their start."""
LOCK = "supervisor.lock"
_CODE = Path(__file__).resolve().parents[2]
_PASSED = ("HOME", "STACK_ENVOY_BIN", "STACK_POSTGRES_BIN")
"""The variables that the supervisor gets from its caller's environment."""
_START = 120.0
"""Seconds until every system process must be ready; a cold start of all takes some 3."""
_STOP = 120.0
"""Seconds that an orderly stop may take: the longest grace periods of pods and processes, one after the other."""


def alive(machine: Machine) -> bool:
    """Says whether a supervisor holds the clone's lock."""
    try:
        with (machine.run / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def ensure(machine: Machine, modules: Sequence[str] = MODULES) -> None:
    """Starts the supervisor unless it lives, and waits until the system processes are ready.

    A supervisor that has other code, processes or ports, or that waits before it starts a failed process again, is
    replaced, while its processes live on. Raises LocalError with the reason when a process fails.
    """
    if alive(machine) and _is_outdated(machine, modules, read_status(machine)):
        _end(machine, signal.SIGKILL, timeout=5)
    if not alive(machine):
        _launch(machine, modules)
    end = time.monotonic() + _START
    while time.monotonic() < end:
        processes = read_status(machine).get("processes", []) if _supervisor(machine) else []
        for process in processes:
            if process["state"] == "failed":
                raise LocalError(process["message"])
        if processes and all(process["state"] == "ready" for process in processes):
            return
        if not alive(machine):
            raise LocalError(f"{log_tail(_log(machine), 1)} (The supervisor has ended; its log is {_log(machine)}.)")
        time.sleep(0.02)
    raise LocalError(f"The local stack's processes are not ready after {_START:.0f} s; see {machine.logs}.")


def _is_outdated(machine: Machine, modules: Sequence[str], status: Mapping[str, Any]) -> bool:
    """Says whether the supervisor that has written the status should make room for a new one."""
    failed = any(process["state"] == "failed" for process in status.get("processes", []))
    identity = status.get("supervisor", {})
    return failed or not identity_of(machine, modules).items() <= identity.items()


def stop(machine: Machine) -> None:
    """Stops everything, also what a dead supervisor left behind; returns when all processes are gone."""
    if alive(machine):
        _end(machine, signal.SIGTERM, timeout=_STOP)
    asyncio.run(_stop_recorded(read_status(machine)))
    kill(list(marked(machine)))
    (machine.run / "status.json").unlink(missing_ok=True)


def identity_of(machine: Machine, modules: Sequence[str]) -> dict[str, Any]:
    """Returns what tells a supervisor from another one: its code, its processes and its ports."""
    return {"code": code_digest(modules), "modules": list(modules), "ports": asdict(machine.ports)}


def code_digest(modules: Sequence[str]) -> str:
    """Returns the identity of the code of the supervisor and its processes, such as the collector."""
    digest = hashlib.sha256()
    for folder in sorted({"local", *(module.partition(".")[0] for module in modules)}):
        for path in sorted((_CODE / folder).rglob("*")):
            if path.suffix in (".py", ".yaml", ".jinja"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


async def _stop_recorded(status: Mapping[str, Any]) -> None:
    """Stops the pods first, then the system processes, the last one that was started first."""
    await asyncio.gather(*map(_stop_one, status.get("pods", [])))
    for record in reversed(status.get("processes", [])):
        await _stop_one(record)


async def _stop_one(record: Mapping[str, Any]) -> None:
    if process := adopt_recorded(record):
        await process.stop(grace=record["grace"], signal=signal.Signals(record.get("stop_signal", signal.SIGTERM)))


def _launch(machine: Machine, modules: Sequence[str]) -> None:
    """Starts it, and returns when it has written its status, or has ended.

    It ends where another one was started at the same time. Without the wait the late one would find the lock free once
    the other one was stopped.
    """
    env = {key: os.environ[key] for key in _PASSED if key in os.environ} | {"PATH": PATH, "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "local.supervisor", "--root", str(machine.root), "--modules", *modules]
    child = spawn(command, env=env, cwd=_CODE, log=_log(machine))
    while child.poll() is None and read_status(machine).get("supervisor", {}).get("pid") != child.pid:
        time.sleep(0.02)
    child.returncode = child.returncode or 0  # it outlives this process; nobody waits for it


def _log(machine: Machine) -> Path:
    return machine.logs / "supervisor.log"


def _supervisor(machine: Machine) -> Process | None:
    """Returns the living supervisor that has written the status file."""
    return adopt_recorded(read_status(machine).get("supervisor"))


def _end(machine: Machine, number: signal.Signals, *, timeout: float) -> None:
    """Signals the supervisor and waits for its end, which comes a little later than that of its lock."""
    supervisor = _supervisor(machine)
    if supervisor is not None:
        os.kill(supervisor.pid, number)
    end = time.monotonic() + timeout
    while alive(machine) or (supervisor is not None and supervisor.alive()):
        if time.monotonic() > end:
            raise LocalError(f"The supervisor has not ended within {timeout:.0f} s; see {_log(machine)}.")
        time.sleep(0.02)
