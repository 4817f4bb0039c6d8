"""Envoy's whole configuration: made of the objects and the pods, published, and followed until Envoy uses it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from local.desired import Object, digest_of
from local.envoy import gateway, process, relay
from local.envoy.admin import UnreachableError
from local.envoy.publish import Publisher
from local.envoy.template import Files
from local.errors import LocalError
from local.kubernetes.fields import refusals
from local.kubernetes.ingress import KINDS, ingress
from local.kubernetes.manifests import MissingError, Objects, RefusedError, of_kind, wellformed
from local.kubernetes.pod import Pod
from local.kubernetes.references import References
from local.kubernetes.routes import Endpoint
from local.machine import Machine

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds for which an object may refer to another one that is not there yet; then it counts as failed."""
WITHDRAWAL = 5.0
"""Seconds that a pod waits for an Envoy that does not answer; Envoy reads its files when it comes back."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The files, and by object key what keeps an object from taking effect."""

    files: Files
    problems: Mapping[str, LocalError]


def render(machine: Machine, objects: Objects, endpoints: Sequence[Endpoint]) -> Rendered:
    """Returns the configuration of what can be made real; the rest is in its problems."""
    folder = process.xds(machine)
    problems: dict[str, LocalError] = dict(refusals(objects))
    collector: Object = next((value for _, value in of_kind(objects, "Collector")), {"clusters": [], "tracing": {}})
    traced = collector["tracing"].get
    files = ingress(References(objects=objects, problems=problems), machine, endpoints, traced("ingress"))
    _merge(files, {"cds": collector["clusters"]})
    for _, value in of_kind(objects, relay.KIND):
        _merge(files, relay.relay(value))
    stages = list(of_kind(objects, "Stage"))
    documents: Object = next((value["pages"] for _, value in of_kind(objects, "Documentation")), {})
    for key, stage in stages:
        try:
            if len(stages) > 1:
                raise RefusedError("The local stack has one public endpoint, so it takes one stage of one API only.")
            with wellformed():
                _merge(files, gateway.gateway(machine, folder, stage, documents, traced(gateway.NAME)))
        except (LocalError, OSError) as error:
            problems[key] = LocalError(str(error))
    return Rendered(files=files, problems=problems)


def owners(file: str, reason: str, objects: Objects) -> list[str]:
    """Returns the keys of the objects that count as failed when Envoy rejects a file for that reason."""
    is_gateway = file.endswith(f"-{gateway.NAME}") or (file == "lds" and gateway.NAME in reason)
    kinds = ("Stage", "Documentation") if is_gateway else (*KINDS, relay.KIND)
    return [key for key in objects if key.split("/")[0] in kinds]


def _merge(files: Files, more: Files) -> None:
    for name, resources in more.items():
        files[name] = [*files.get(name, []), *resources]


class Configuration:
    """Keeps Envoy up to date with the objects and the pods."""

    def __init__(self, machine: Machine, changed: Callable[[], None]) -> None:
        self._machine, self._changed = machine, changed
        self._publisher = Publisher(process.xds(machine), process.admin(machine), machine.logs / "envoy.log")
        self._stale, self._taken = asyncio.Event(), asyncio.Condition()
        self._begun = self._done = 0
        self._objects: Objects = {}
        self._pods: Collection[Pod] = ()
        self._problems: dict[str, tuple[LocalError, float]] = {}
        self.published: dict[str, str] = {}
        """The digests of the objects that Envoy's configuration was last made of."""
        self.routed: frozenset[str] = frozenset()
        """The pods that Envoy routes to, as far as that is known."""

    def update(self, objects: Objects, pods: Collection[Pod]) -> None:
        """Takes over changed objects or pods; the supervisor calls it when Envoy has been started again, too."""
        self._objects, self._pods = objects, pods
        self._stale.set()

    async def run(self) -> None:
        """Publishes what has changed, until this task is cancelled."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                await self._publish()
            except UnreachableError:
                self._stale.set()
                await asyncio.sleep(0.2)
            self._changed()

    async def _publish(self) -> None:
        self._begun += 1
        objects, pods = self._objects, [pod for pod in self._pods if pod.ready]
        serving = [Endpoint(namespace=p.namespace, labels=p.template.labels, ports=p.ports) for p in pods]
        rendered = render(self._machine, objects, serving)
        rejected = await asyncio.to_thread(self._publisher.publish, rendered.files)
        problems = dict(rendered.problems)
        for file, reason in rejected.items():
            log.error("%s: %s", file, reason)
            problems = dict.fromkeys(owners(file, reason, objects), LocalError(reason)) | problems
        now = time.monotonic()
        since = {key: began for key, (_, began) in self._problems.items()}
        self._problems = {key: (problem, since.get(key, now)) for key, problem in problems.items()}
        self.published = {key: digest_of(value) for key, value in objects.items()}
        async with self._taken:
            self.routed, self._done = frozenset(pod.name for pod in pods), self._begun
            self._taken.notify_all()

    async def withdrawn(self) -> None:
        """Returns when Envoy has taken the present state, so that it routes to no pod that is not ready any more."""
        number = self._begun + 1
        self._stale.set()
        try:
            async with asyncio.timeout(WITHDRAWAL), self._taken:
                await self._taken.wait_for(lambda: self._done >= number)
        except TimeoutError:
            log.warning("Envoy has not been brought up to date within %.0f s", WITHDRAWAL)

    def state(self, key: str) -> tuple[str, str]:
        """Returns `progressing`, `ready` or `failed`, and why."""
        if key not in self._problems:
            return "ready", ""
        problem, since = self._problems[key]
        waiting = isinstance(problem, MissingError) and time.monotonic() - since < PATIENCE
        return "progressing" if waiting else "failed", str(problem)
