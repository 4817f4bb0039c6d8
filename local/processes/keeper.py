"""Keeps a system process running: made ready before its first start, started again when it ends, stopped at the end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

from local.errors import LocalError
from local.free_ports import PORT_RANGE, is_free
from local.machine import Machine
from local.processes import ProcessSpec
from local.processes.process import POLL, Backoff, Process, adopt_recorded, identity_of, log_tail, start

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Keeper:
    """The keeper of one process."""

    machine: Machine
    spec: ProcessSpec
    changed: Callable[[], None]
    """Is called after every change of the state."""
    process: Process | None = None
    state: str = "starting"
    """`starting`, `ready` or `failed`."""
    message: str = ""
    restarts: int = 0
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def settled(self) -> bool:
        """Says whether the process has been ready, or has failed, at least once."""
        return self.state != "starting" or self.restarts > 0

    @property
    def digest(self) -> str:
        """Identifies what the keeper runs: a process with another digest is not adopted."""
        content = [self.spec.argv, sorted(self.spec.env.items()), str(self.spec.cwd)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def record(self) -> dict[str, Any]:
        """Returns the entry for the status file, which is also what `adopt` takes."""
        return {
            **identity_of(self.process),
            **{key: getattr(self, key) for key in ("digest", "state", "message", "restarts")},
            **{key: getattr(self.spec, key) for key in ("name", "stop_signal", "grace")},
        }

    def adopt(self, record: Mapping[str, Any]) -> None:
        """Takes over the process of an earlier supervisor, if it runs with the same settings."""
        if record.get("digest") == self.digest:
            self.process, self.restarts = adopt_recorded(record), record["restarts"]

    async def run(self) -> None:
        """Keeps the process running until this task is cancelled, which leaves the process alone."""
        while True:
            began = time.monotonic()
            problem = await self._run_once()
            log.warning("%s: %s", self.spec.name, problem)
            healthy = time.monotonic() - began if self.state == "ready" else 0.0
            self.restarts += 1
            delay = self.backoff.after(healthy)
            self._set("failed" if self.backoff.failures >= 3 or not healthy else "starting", problem)
            await asyncio.sleep(delay)

    async def stop(self) -> None:
        if self.process is not None:
            await self.process.stop(grace=self.spec.grace, signal=self.spec.stop_signal)
            self.process = None

    async def _run_once(self) -> str:
        """Starts the process unless it runs, waits for its end and returns that in words."""
        spec = self.spec
        try:
            if self.process is None:
                self.state = "starting"
                for port in spec.ports:
                    require_free(port, spec.name, endpoint=self.machine.ports.endpoint)
                await asyncio.to_thread(spec.prepare)
                self.process = start(spec.argv, env=spec.env, cwd=spec.cwd, log=spec.log, machine=self.machine)
                self.changed()
        except (LocalError, OSError, subprocess.SubprocessError) as error:
            return str(error)
        end = asyncio.create_task(self.process.wait())
        try:
            limit = time.monotonic() + spec.ready_timeout
            while not await asyncio.to_thread(spec.ready):
                if end.done() or time.monotonic() > limit:
                    break
                await asyncio.sleep(POLL / 2)
            else:
                self._set("ready", "")
                await end
            ending = end.result() if end.done() else f"was not ready within {spec.ready_timeout:.0f} s"
            await self.stop()
            return f"{spec.name} {ending}. Its log {spec.log} ends: {log_tail(spec.log)}"
        finally:
            end.cancel()

    def _set(self, state: str, message: str) -> None:
        self.state, self.message = state, message
        self.changed()


def require_free(port: int, name: str, *, endpoint: int) -> None:
    """Raises LocalError, with the process that listens on it and a command that helps, when a port is in use."""
    if is_free(port):
        return
    holder = "another process"
    with contextlib.suppress(psutil.AccessDenied, psutil.NoSuchProcess):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                holder = f"{psutil.Process(connection.pid).name()!r} (process {connection.pid})"
    others = "make down; rm .local/ports.json; make up"
    command = f"make up PORT={next(filter(is_free, PORT_RANGE))}" if port == endpoint else others
    raise LocalError(
        f"Port {port} on 127.0.0.1, which {name} needs, is used by {holder}. End it, or use another port: `{command}`."
    )
