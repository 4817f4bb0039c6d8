"""Keeps the ingress up to date with the objects and the pods, and knows what of it Envoy has taken."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from local.desired import digest_of
from local.envoy import server
from local.envoy.admin import UnreachableError
from local.envoy.ingress import Endpoint
from local.envoy.publish import Publisher
from local.envoy.render import owners, render
from local.errors import LocalError
from local.machine import Machine
from local.supervisor.manifests import MissingError, Objects
from local.supervisor.pod import Pod

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds for which an object may refer to another one that is not there yet; then it counts as failed."""
WITHDRAWAL = 5.0
"""Seconds that a pod waits for an ingress that does not answer; it reads its files when it comes back."""


class Routing:
    def __init__(self, machine: Machine, changed: Callable[[], None]) -> None:
        self._machine, self._changed = machine, changed
        self._publisher = Publisher(server.xds(machine), server.admin(machine), machine.logs / "envoy.log")
        self._stale, self._taken = asyncio.Event(), asyncio.Condition()
        self._begun = self._done = 0
        self._objects: Objects = {}
        self._pods: Collection[Pod] = ()
        self._problems: dict[str, tuple[LocalError, float]] = {}
        self.published: dict[str, str] = {}
        """Digests of the objects that Envoy's configuration was last made of."""
        self.routed: frozenset[str] = frozenset()
        """The pods that it routes to, as far as that is known."""

    def update(self, objects: Objects, pods: Collection[Pod]) -> None:
        """To be called after every change of objects, of a pod's readiness, or of Envoy itself."""
        self._objects, self._pods = objects, pods
        self._stale.set()

    async def run(self) -> None:
        """Until it is cancelled."""
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
            problems |= {key: LocalError(reason) for key in owners(file, reason, objects)}
        now = time.monotonic()
        since = {key: began for key, (_, began) in self._problems.items()}
        self._problems = {key: (problem, since.get(key, now)) for key, problem in problems.items()}
        self.published = {key: digest_of(value) for key, value in objects.items()}
        async with self._taken:
            self.routed, self._done = frozenset(pod.name for pod in pods), self._begun
            self._taken.notify_all()

    async def renewed(self) -> None:
        """Returns when Envoy has taken the present state: nothing is routed to a pod that is not ready any more."""
        wanted = self._begun + 1
        self._stale.set()
        try:
            async with asyncio.timeout(WITHDRAWAL), self._taken:
                await self._taken.wait_for(lambda: self._done >= wanted)
        except TimeoutError:
            log.warning("the ingress has not been brought up to date within %.0f s", WITHDRAWAL)

    def state(self, key: str) -> tuple[str, str]:
        """`progressing`, `ready` or `failed`, and why."""
        if key not in self._problems:
            return "ready", ""
        problem, since = self._problems[key]
        waiting = isinstance(problem, MissingError) and time.monotonic() - since < PATIENCE
        return "progressing" if waiting else "failed", str(problem)
