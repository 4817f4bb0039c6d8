"""Makes this machine what the objects declare, continuously, and reports its state.

Nothing is remembered that the next supervisor would need, except what stands in the status file and the pods' folders.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from local.desired import Object, read_all, read_status
from local.errors import LocalError
from local.kubernetes.pods import Pods
from local.kubernetes.rollout import target_of
from local.machine import Machine, write_json
from local.processes.keeper import Keeper
from local.processes.process import family, kill, marked
from local.supervisor.configuration import Configuration

log = logging.getLogger(__name__)

TICK = 0.1
"""Seconds between two looks at the objects and the clock, where no process or pod changes."""


class Supervisor:
    """The supervisor of one clone."""

    def __init__(
        self, machine: Machine, modules: Sequence[str], identity: Object, superseded: Callable[[], bool]
    ) -> None:
        """Takes the modules of the system processes, each with a function `spec(machine)`, in the order of their start.

        `identity` goes to the status file. `superseded` says that `.local` was removed, so that another supervisor may
        have a new one.
        """
        self._machine, self._identity, self._superseded = machine, identity, superseded
        self._wake, self._stopping = asyncio.Event(), asyncio.Event()
        specs = [importlib.import_module(module).spec(machine) for module in modules]
        self._keepers = [Keeper(machine=machine, spec=spec, changed=self._wake.set) for spec in specs]
        self._configuration = Configuration(machine, self._wake.set)
        self._objects: dict[str, Object] = {}
        self._files: Any = None
        self._routable: Any = None
        self._status: dict[str, Any] = {}

    async def run(self) -> None:
        """Runs until SIGTERM or SIGINT has stopped everything. An exception ends it, and its processes live on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            self._pods = Pods(self._machine, group, changed=self._wake.set, withdrawn=self._configuration.withdrawn)
            self._adopt()
            keeping = [group.create_task(keeper.run()) for keeper in self._keepers]
            publishing = group.create_task(self._configuration.run())
            while not (self._stopping.is_set() or self._superseded()):
                self._wake.clear()
                self._read()
                if all(keeper.settled for keeper in self._keepers):
                    self._pods.reconcile(self._configuration.routed)
                self._observe()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK):
                        await self._wake.wait()
            log.info("stopping")
            stopping = group.create_task(self._stop([*keeping, publishing]))
            while not stopping.done():
                self._observe()
                await asyncio.sleep(TICK / 4)
        if not self._superseded():
            kill(list(marked(self._machine)))
            (self._machine.run / "status.json").unlink(missing_ok=True)

    def _adopt(self) -> None:
        """Takes over what an earlier supervisor left running, and kills what does not run as it should."""
        status = read_status(self._machine)
        records = {record["name"]: record for record in status.get("processes", [])}
        for keeper in self._keepers:
            keeper.adopt(records.get(keeper.spec.name, {}))
        self._pods.adopt(status.get("pods", []))
        processes = [keeper.process for keeper in self._keepers] + [pod.process for pod in self._pods.pods.values()]
        families = [family(process) for process in processes if process is not None]
        strays = [p for p in marked(self._machine) if not any(p in family for family in families)]
        if strays:
            log.warning("stray processes are killed: %s", ", ".join(str(stray.pid) for stray in strays))
        kill(strays)

    def _read(self) -> None:
        """Reads the objects if a file of theirs, or one that Envoy's configuration is made of, has changed."""
        with contextlib.suppress(FileNotFoundError):  # a file was removed meanwhile: the next look sees that
            files = {*_files(self._machine.objects), *_files(self._machine.pki)}
            if files == self._files:
                return
            try:
                self._objects = read_all(self._machine)
            except LocalError as error:
                if self._files is None:  # without them it would end every pod
                    raise
                log.error("%s What was read before stays.", error)  # noqa: TRY400 - the sentence says all of it
                self._files = files
                return
            self._files = files
        self._pods.read(self._objects)
        self._routable = None

    def _observe(self) -> None:
        """Passes on to Envoy's configuration what has changed for it, and writes the status file."""
        pods = list(self._pods.pods.values())
        serving = sorted((pod.name, *pod.ports.values()) for pod in pods if pod.ready)
        if (routable := (serving, [keeper.process for keeper in self._keepers])) != self._routable:
            self._routable = routable
            self._configuration.update(self._objects, pods)
        status = {
            "supervisor": self._identity,
            "observed": self._observed(),
            "processes": [keeper.record() for keeper in self._keepers],
            "pods": [pod.record() for pod in pods],
            "deployments": [self._deployment(key) for key in sorted(self._pods.rollouts)],
        }
        file = self._machine.run / "status.json"
        if (status != self._status or not file.exists()) and not self._superseded():
            self._status = status
            write_json(file, status)

    def _observed(self) -> dict[str, Object]:
        """Returns the objects by the content that was last taken, and those that are not gone yet."""
        observed: dict[str, Object] = {}
        for key in self._configuration.published.keys() | self._pods.rollouts.keys():
            state, message = self._state(key) if key in self._objects else ("progressing", "It is being removed.")
            digest = self._configuration.published.get(key)
            observed[key] = {"digest": digest, "state": state, "message": message}
        return observed

    def _state(self, key: str) -> tuple[str, str]:
        """Returns the state of an object and why; a HorizontalPodAutoscaler has that of its Deployment, if any."""
        is_scaler = key.startswith("HorizontalPodAutoscaler/")
        state, message = self._configuration.state(key)
        rollout = self._pods.rollouts.get(target_of(self._objects[key]) if is_scaler else key)
        if rollout is None or (is_scaler and state != "ready"):
            return state, message
        routed = self._configuration.routed
        pods = [pod for pod in self._pods.of(rollout) if not pod.terminating or pod.name in routed]
        return rollout.state(self._pods.replicas(rollout), pods, rollout.available(pods, routed))

    def _deployment(self, key: str) -> Object:
        rollout = self._pods.rollouts[key]
        pods = [pod for pod in self._pods.of(rollout) if not pod.terminating]
        return {
            "namespace": rollout.namespace,
            "name": rollout.name,
            "desired": self._pods.replicas(rollout),
            "ready": len(rollout.available(pods, self._configuration.routed)),
            "updated": sum(pod.revision == rollout.revision for pod in pods),
        }

    async def _stop(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Stops the pods first, while Envoy still takes them out; then the processes, the last started one first."""
        await self._pods.stop()
        for task in tasks:
            task.cancel()
        for keeper in reversed(self._keepers):
            await keeper.stop()


def _files(folder: str | os.PathLike[str]) -> Iterator[tuple[str, int, int]]:
    """Yields the path, time and inode of each file below a folder. `Path.rglob` would take three times as long."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry)
            else:
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_ino
