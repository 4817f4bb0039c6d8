"""One pod: its container, kept running and watched by its probes until it goes."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from local.desired import Object, digest_of, key_of
from local.kubernetes.container import Identity, Ports, Template, free_port, launch, mount
from local.kubernetes.manifests import MissingError, Objects, RefusedError, wellformed
from local.kubernetes.probes import Probe
from local.machine import Machine, write_json
from local.processes.process import Backoff, Process, adopt_recorded, identity_of, log_tail, start

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_RETRY = 1.0
"""Seconds until a pod looks again for what its template refers to."""
_LEAST_GRACE = 2.0
"""Seconds from SIGTERM to SIGKILL when the preStop sleep has used up the grace period, as with the kubelet."""

T = TypeVar("T")


def revision_of(template: Object) -> str:
    return digest_of(template)[:10]


def folder_of(machine: Machine, name: str) -> Path:
    return machine.home / "pods" / name


class Pod:
    """A pod and its state: pending, starting, ready, unready, terminating."""

    def __init__(
        self,
        machine: Machine,
        *,
        namespace: str,
        deployment: str,
        manifest: Object,
        name: str | None = None,
        objects: Callable[[], Objects],
        changed: Callable[[], None],
    ) -> None:
        """Takes the pod template as `manifest`; calls `changed` after every change of state. Raises RefusedError."""
        self.namespace, self.deployment = namespace, deployment
        self.template = Template.read(manifest)
        self.revision = revision_of(manifest)
        self.name = name or f"{deployment}-{self.revision}-{''.join(secrets.choice(_ALPHABET) for _ in range(5))}"
        self.state = "pending"
        self.message = ""
        self.refused = False
        self.ports: Ports = {}
        self.process: Process | None = None
        self.restarts = 0
        self.started = time.time()
        self.ready_since = 0.0
        """A time of `time.monotonic`, or 0 while the pod is not ready."""
        self.backoff = Backoff()
        self._was_ready = False
        self._machine, self._objects, self._changed = machine, objects, changed
        self._identity = Identity(name=self.name, namespace=namespace, folder=folder_of(machine, self.name))
        write_json(self._identity.folder / "template.json", manifest)

    @property
    def terminating(self) -> bool:
        return self.state == "terminating"

    @property
    def ready(self) -> bool:
        return self.state == "ready"

    @property
    def deployment_key(self) -> str:
        return key_of("Deployment", self.namespace, self.deployment)

    @property
    def log(self) -> Path:
        return self._machine.logs / "pods" / f"{self.name}.log"

    # ---- across the death of a supervisor

    def record(self) -> dict[str, Any]:
        """Returns the entry for the status file, which is also what `adopted` takes."""
        own = ("namespace", "deployment", "name", "state", "message", "restarts", "started")
        return {
            **identity_of(self.process),
            **{key: getattr(self, key) for key in own},
            "port": next(iter(self.ports.values()), None),
            "ports": list(self.ports.items()),
            "grace": self.template.grace,
        }

    @classmethod
    def adopted(
        cls,
        machine: Machine,
        record: Mapping[str, Any],
        *,
        objects: Callable[[], Objects],
        changed: Callable[[], None],
    ) -> Pod | None:
        """Returns the pod of an earlier supervisor with its container, or None when that does not run.

        It is adopted and not replaced because Envoy sends requests to it. Raises RefusedError.
        """
        process = adopt_recorded(record)
        template = folder_of(machine, record["name"]) / "template.json"
        if process is None or record["state"] == "pending" or not template.exists():
            return None
        identity = {key: record[key] for key in ("namespace", "deployment", "name")}
        pod = cls(machine, **identity, manifest=json.loads(template.read_text()), objects=objects, changed=changed)
        pod.process, pod.ports = process, dict(record["ports"])
        pod.restarts, pod.started = record["restarts"], record["started"]
        pod._set(record["state"], record["message"])
        return pod

    # ---- life

    async def run(self) -> None:
        """Keeps the pod running until this task is cancelled; the container still runs then, `terminate` ends it."""
        if self.process is None:
            await self._retried(lambda: mount(self.template.volumes, self._identity, self._objects()))
        while True:
            began, self._was_ready = time.monotonic(), self.ready
            reason = await self._serve()
            self.restarts += 1
            self._set("unready", reason)
            await asyncio.sleep(self.backoff.after(time.monotonic() - began if self._was_ready else 0.0))

    async def terminate(self, withdrawn: Callable[[], Awaitable[None]], *, pause: bool) -> None:
        """Ends the pod once `withdrawn` returns, when nothing is routed to it. `pause` grants the preStop sleep."""
        pause = pause and self.state != "pending"
        self._set("terminating")
        await withdrawn()
        if self.process is not None:
            waited = min(self.template.pre_stop, self.template.grace) if pause else 0.0
            await asyncio.sleep(waited)
            await self.process.stop(grace=max(_LEAST_GRACE, self.template.grace - waited))

    async def _serve(self) -> str:
        """Runs the container to its end and returns the reason of that."""
        if self.process is None:
            self.ports = self.template.map_ports(free_port)
            self.process = await self._retried(self._start)
            self._set("starting")
        process = self.process
        end = asyncio.create_task(process.wait())
        unhealthy = asyncio.create_task(self._watch())
        try:
            await asyncio.wait({end, unhealthy}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                return f"The container {end.result()}: {log_tail(self.log, root=self._machine.root)}"
            self._set("unready", unhealthy.result())
            await asyncio.sleep(self.template.pre_stop)
            await process.stop(grace=self.template.grace)
            return f"{unhealthy.result()}: {log_tail(self.log, root=self._machine.root)}"
        finally:
            end.cancel()
            unhealthy.cancel()
            if not process.alive():
                self.process = None

    async def _watch(self) -> str:
        """Follows the readiness until the startup or the liveness probe fails; returns how."""
        probes = self.template.probes(self.ports)
        startup, readiness, liveness = (probes.get(f"{name}Probe") for name in ("startup", "readiness", "liveness"))
        if startup and self.state == "starting" and (problem := await startup.until_first_success()):
            return f"The startup probe {problem}"
        following = asyncio.create_task(self._follow(readiness))
        try:
            if liveness:
                return f"The liveness probe {await anext(liveness.changes(True))}"
            await asyncio.Event().wait()  # until the container ends and this task is cancelled
            return ""
        finally:
            following.cancel()

    async def _follow(self, readiness: Probe | None) -> None:
        if readiness is None:
            self._set("ready")
            return
        async for problem in readiness.changes(self.ready):
            self._set("unready" if problem else "ready")

    def _start(self) -> Process:
        container, objects = self.template.container, self._objects()
        program = launch(container, self._identity, self.ports, machine=self._machine, objects=objects)
        return start(program.argv, env=program.env, cwd=program.cwd, log=self.log, machine=self._machine)

    async def _retried(self, work: Callable[[], T]) -> T:
        """Tries until what the template refers to is there."""
        while True:
            try:
                with wellformed():
                    return work()
            except (MissingError, RefusedError, OSError) as error:
                self.refused = not isinstance(error, MissingError)
                self._set("pending", str(error))
            await asyncio.sleep(_RETRY)

    def _set(self, state: str, message: str | None = None) -> None:
        if state == "ready":
            self.ready_since = self.ready_since or time.monotonic()
            self._was_ready, self.message = True, ""
        else:
            self.ready_since = 0.0
        if message is not None:
            self.message = message
        self.state = state
        self._changed()
