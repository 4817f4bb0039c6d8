"""Brings this machine to what the objects say, again and again, and reports what it sees.

Nothing is remembered that the next supervisor would need, except what stands in the status file and the pods' folders.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from local.desired import Object, digest_of, read_all, read_status
from local.machine import Machine, write_json
from local.supervisor.pods import Pods
from local.supervisor.process import family, kill, marked
from local.supervisor.rollout import target_of
from local.supervisor.routing import Routing
from local.supervisor.system import Keeper
from local.supervisor.watch import Watch

log = logging.getLogger(__name__)

TICK = 0.1
"""Seconds between looks for changed objects."""


class Supervisor:
    def __init__(
        self, machine: Machine, modules: Sequence[str], identity: Object, superseded: Callable[[], bool]
    ) -> None:
        """`modules` have a `spec(machine)` each, in the order of their start; `identity` tells who supervises.

        `superseded` says that `.local` was removed, so that another supervisor may have a new one.
        """
        self._machine, self._identity, self._superseded = machine, identity, superseded
        self._wake, self._stopping = asyncio.Event(), asyncio.Event()
        self._keepers = [self._keeper(module) for module in modules]
        self._watch = Watch(machine.objects, [machine.pki, machine.home / "issuer"])
        self._routing = Routing(machine, self._wake.set)
        self._objects: dict[str, Object] = {}
        self._digests: dict[str, str] = {}
        self._seen: Any = None
        self._status: dict[str, Any] = {}

    def _keeper(self, module: str) -> Keeper:
        ports = self._machine.ports
        known = {
            "postgres": [ports.postgres],
            "emulator": [ports.emulator],
            "envoy": [ports.endpoint, ports.ingress, ports.issuer],
        }
        spec = importlib.import_module(module).spec(self._machine)
        return Keeper(machine=self._machine, spec=spec, ports=known.get(spec.name, []), changed=self._wake.set)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT has stopped everything; SIGHUP has failed processes tried again at once.

        What escapes ends the supervisor, and its processes live on.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._try_again)
        async with asyncio.TaskGroup() as group:
            self._pods = Pods(self._machine, group, changed=self._wake.set, withdrawn=self._routing.renewed)
            self._adopt()
            self._read()
            keeping = [group.create_task(keeper.run()) for keeper in self._keepers]
            routing = group.create_task(self._routing.run())
            while not (self._stopping.is_set() or self._superseded()):
                self._once()
                await self._until_due()
            log.info("stopping")
            stopping = group.create_task(self._stop([*keeping, routing]))
            while not stopping.done():
                self._observe()
                await asyncio.sleep(TICK / 4)
        if not self._superseded():
            kill(list(marked(self._machine)))
            (self._machine.run / "status.json").unlink(missing_ok=True)

    def _try_again(self) -> None:
        for keeper in self._keepers:
            keeper.again.set()

    def _adopt(self) -> None:
        """Takes over what the last supervisor left running as it should; the rest of what it left is killed."""
        status = read_status(self._machine)
        records = {record["name"]: record for record in status.get("processes", [])}
        for keeper in self._keepers:
            keeper.adopt(records.get(keeper.spec.name, {}))
        self._pods.adopt(status.get("pods", []))
        processes = [keeper.process for keeper in self._keepers] + [pod.process for pod in self._pods.pods.values()]
        families = [family(process) for process in processes if process is not None]
        strays = [p for p in marked(self._machine) if not any(p in family for family in families)]
        for stray in strays:
            log.warning("the stray process %d is killed", stray.pid)
        kill(strays)

    async def _until_due(self) -> None:
        """Returns when something has changed, and at the latest after a second: some states change with time."""
        end = time.monotonic() + 1
        while time.monotonic() < end and not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._wake.wait()
            if changed := self._watch.changed():
                self._read()
            if changed or self._wake.is_set():
                return

    def _read(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # removed while it was read: the next look sees that
            self._objects = read_all(self._machine)
        self._digests = {key: digest_of(value) for key, value in self._objects.items()}
        self._pods.read(self._objects)
        self._seen = None

    def _once(self) -> None:
        self._wake.clear()
        if all(keeper.settled for keeper in self._keepers):
            self._pods.reconcile(self._routing.routed)
        self._observe()

    def _observe(self) -> None:
        """Tells the ingress about what has changed for it, and the readers of the status file about everything."""
        pods = list(self._pods.pods.values())
        seen = sorted((pod.name, *pod.ports.values()) for pod in pods if pod.ready), [k.process for k in self._keepers]
        if seen != self._seen:
            self._seen = seen
            self._routing.update(self._objects, pods)
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
        """Objects by the content that was last taken, and those that are not gone yet."""
        observed: dict[str, Object] = {}
        for key in self._routing.published.keys() | self._pods.rollouts.keys():
            state, message = self._state(key) if key in self._objects else ("progressing", "It is being removed.")
            digest = self._digests.get(key) if key in self._pods.rollouts else self._routing.published[key]
            observed[key] = {"digest": digest, "state": state, "message": message}
        return observed

    def _state(self, key: str) -> tuple[str, str]:
        """A HorizontalPodAutoscaler is where its Deployment is, if there is one."""
        if key.startswith("HorizontalPodAutoscaler/"):
            key = target_of(self._objects[key])
        rollout = self._pods.rollouts.get(key)
        if rollout is None:
            return self._routing.state(key)
        routed = self._routing.routed
        pods = [pod for pod in self._pods.of(rollout) if not pod.terminating or pod.name in routed]
        return rollout.state(self._pods.wanted(rollout), pods, rollout.available(pods, routed))

    def _deployment(self, key: str) -> Object:
        rollout = self._pods.rollouts[key]
        pods = [pod for pod in self._pods.of(rollout) if not pod.terminating]
        return {
            "namespace": rollout.namespace,
            "name": rollout.name,
            "desired": self._pods.wanted(rollout),
            "ready": len(rollout.available(pods, self._routing.routed)),
            "updated": sum(pod.revision == rollout.revision for pod in pods),
        }

    async def _stop(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Pods first, while the ingress still takes them out; then what was started last, first."""
        *keeping, routing = tasks
        await self._pods.stop()
        routing.cancel()
        for task in keeping:
            task.cancel()
        for keeper in reversed(self._keepers):
            await keeper.stop()
