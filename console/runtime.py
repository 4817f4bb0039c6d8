"""Looks at what runs now: processes, pods and roll-outs as the supervisor reports them, with processor and memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from local.desired import read_status
from local.machine import Machine
from local.processes.process import adopt_recorded, family


@dataclass(frozen=True, kw_only=True)
class Running:
    """A process or a pod."""

    name: str
    kind: str
    state: str
    message: str
    pid: int | None
    port: int | None
    restarts: int
    started: float | None
    """Seconds since the epoch."""
    cpu: float | None
    """Per cent of a core since the last look; None at the first one."""
    memory: int | None
    """Resident bytes, with those of its children."""
    deployment: str = ""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """All that runs."""

    running: list[Running]
    deployments: list[Mapping[str, Any]]
    problems: list[tuple[str, str]]
    """Objects that are not as declared, with why."""

    @property
    def up(self) -> bool:
        """Says whether the stack is up: the supervisor removes its report when it ends."""
        return bool(self.running)

    @property
    def stopped(self) -> list[str]:
        """The services that somebody has stopped."""
        return [str(each["name"]) for each in self.deployments if not each["desired"]]

    @property
    def well(self) -> bool:
        """Says whether all that is declared runs and is ready."""
        rolled = all(each["ready"] >= each["desired"] for each in self.deployments)
        return self.ready == len(self.running) and rolled and not self.stopped and not self.problems

    @property
    def ready(self) -> int:
        return sum(each.state == "ready" for each in self.running)


class Watch:
    """Looks at the processes. It remembers their processor time, because two looks make a share of a core."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen: dict[int, tuple[float, float]] = {}

    def look(self) -> Runtime:
        """Returns what runs now."""
        status = read_status(self._machine)
        running = [self._running(record, "process") for record in status.get("processes", [])]
        running += [self._running(record, "pod") for record in status.get("pods", [])]
        if supervisor := status.get("supervisor"):
            running.insert(0, self._running({"name": "supervisor", "state": "ready", **supervisor}, "process"))
        known = {each.pid for each in running}
        self._seen = {pid: value for pid, value in self._seen.items() if pid in known}
        observed = status.get("observed", {}).items()
        problems = [(key, value["message"]) for key, value in observed if value["state"] == "failed"]
        return Runtime(running=running, deployments=status.get("deployments", []), problems=problems)

    def _running(self, record: Mapping[str, Any], kind: str) -> Running:
        cpu, memory, alive = self._used(record)
        return Running(
            name=record["name"],
            kind=kind,
            state=record["state"] if alive or record["state"] != "ready" else "gone",
            message=record.get("message", ""),
            pid=record.get("pid"),
            port=record.get("port"),
            restarts=record.get("restarts", 0),
            started=record.get("created"),
            cpu=cpu,
            memory=memory,
            deployment=record.get("deployment", ""),
        )

    def _used(self, record: Mapping[str, Any]) -> tuple[float | None, int | None, bool]:
        """Returns per cent of a core, bytes, and whether the process lives. The emulator counts with its children."""
        process = adopt_recorded(record)
        if process is None:
            return None, None, False
        pid = process.pid
        try:
            members = family(process) if record["name"] == "emulator" else [psutil.Process(pid)]
        except psutil.Error:
            members = []
        if not members:
            return None, None, False
        memory = sum(_memory(member) for member in members)
        spent = sum(_spent(member) for member in members)
        now = time.monotonic()
        before, at = self._seen.get(pid, (spent, now))
        if pid not in self._seen or now - at > 1.0:
            self._seen[pid] = (spent, now)
        cpu = max(spent - before, 0.0) / (now - at) * 100 if now - at > 0.5 else None
        return cpu, memory, True


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
