"""All pods of this machine: adopted, started and ended as the Deployments ask."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from local.machine import Machine
from local.supervisor.manifests import Objects, RefusedError, of_kind
from local.supervisor.pod import Pod, folder_of
from local.supervisor.rollout import Rollout, next_step

log = logging.getLogger(__name__)

KEPT_LOGS = 20
"""Log files of pods that are gone."""


class Pods:
    def __init__(
        self,
        machine: Machine,
        group: asyncio.TaskGroup,
        *,
        changed: Callable[[], None],
        withdrawn: Callable[[], Awaitable[None]],
    ) -> None:
        """`withdrawn` returns when the ingress no longer routes to pods that are not ready."""
        self._machine, self._group = machine, group
        self._changed, self._withdrawn = changed, withdrawn
        self._objects: Objects = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.pods: dict[str, Pod] = {}
        self.rollouts: dict[str, Rollout] = {}

    def adopt(self, records: Iterable[dict[str, Any]]) -> None:
        """Takes over the pods of a supervisor that died, and forgets those that died with it."""
        for record in records:
            try:
                pod = Pod.adopted(self._machine, record, objects=lambda: self._objects, changed=self._changed)
            except RefusedError as error:
                log.warning("pod %s can't be adopted: %s", record["name"], error)
                continue
            if pod is not None:
                log.info("pod %s is adopted", pod.name)
                self._keep(pod)
                if pod.terminating:
                    self._end(pod, pause=True)
        for folder in (self._machine.home / "pods").glob("*"):
            if folder.name not in self.pods:
                shutil.rmtree(folder, ignore_errors=True)

    def read(self, objects: Objects) -> None:
        """Takes over changed objects."""
        self._objects = objects
        for key, manifest in of_kind(objects, "Deployment"):
            self.rollouts.setdefault(key, Rollout(key=key)).read(manifest)

    def reconcile(self, routed: Collection[str]) -> None:
        """One step of each Deployment; `routed` are the pods that the ingress knows."""
        for key, rollout in list(self.rollouts.items()):
            pods = self.of(rollout)
            if key not in self._objects and not pods:
                del self.rollouts[key]
            elif key not in self._objects or not rollout.refusal:
                wanted = self.wanted(rollout)
                step = next_step(rollout.revision, wanted, pods, rollout.available(pods, routed))
                for _ in range(step.start):
                    self._start(rollout)
                for pod in step.stop:
                    self._end(pod, pause=True)
        for pod in list(self.pods.values()):
            if pod.deployment_key not in self.rollouts and not pod.terminating:
                self._end(pod, pause=True)

    def of(self, rollout: Rollout) -> list[Pod]:
        return [pod for pod in self.pods.values() if pod.deployment_key == rollout.key]

    def wanted(self, rollout: Rollout) -> int:
        return rollout.replicas(self._objects) if rollout.key in self._objects else 0

    async def stop(self) -> None:
        """Ends all of them, and waits for it."""
        for pod in list(self.pods.values()):
            if not pod.terminating:
                self._end(pod, pause=False)
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    def _start(self, rollout: Rollout) -> None:
        pod = Pod(
            self._machine,
            namespace=rollout.namespace,
            deployment=rollout.name,
            manifest=rollout.manifest["spec"]["template"],
            objects=lambda: self._objects,
            changed=self._changed,
        )
        log.info("pod %s is started", pod.name)
        self._keep(pod)

    def _keep(self, pod: Pod) -> None:
        self.pods[pod.name] = pod
        self._tasks[pod.name] = self._group.create_task(pod.run())

    def _end(self, pod: Pod, *, pause: bool) -> None:
        log.info("pod %s is ended", pod.name)
        self._tasks[pod.name].cancel()
        self._tasks[pod.name] = self._group.create_task(self._ended(pod, pause=pause))

    async def _ended(self, pod: Pod, *, pause: bool) -> None:
        await pod.terminate(self._withdrawn, pause=pause)
        del self.pods[pod.name], self._tasks[pod.name]
        shutil.rmtree(folder_of(self._machine, pod.name), ignore_errors=True)
        self._forget_logs()
        self._changed()

    def _forget_logs(self) -> None:
        folder = self._machine.logs / "pods"
        gone = [path for path in folder.glob("*.log") if path.stem not in self.pods]
        for path in sorted(gone, key=lambda path: path.stat().st_mtime)[:-KEPT_LOGS]:
            path.unlink()
