"""All pods of this machine: adopted, started and ended as the Deployments say."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from local.kubernetes.manifests import Objects, RefusedError, of_kind
from local.kubernetes.pod import Pod, folder_of
from local.kubernetes.rollout import Rollout, next_step
from local.machine import Machine

log = logging.getLogger(__name__)

KEPT_LOGS = 20
"""Number of log files of pods that are gone."""


class Pods:
    """The pods and the Deployments that they belong to."""

    def __init__(
        self,
        machine: Machine,
        group: asyncio.TaskGroup,
        *,
        changed: Callable[[], None],
        withdrawn: Callable[[], Awaitable[None]],
    ) -> None:
        """Calls `changed` after changes; `withdrawn` returns when the ingress routes to no pod that is not ready."""
        self._machine, self._group = machine, group
        self._changed, self._withdrawn = changed, withdrawn
        self._objects: Objects = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.pods: dict[str, Pod] = {}
        self.rollouts: dict[str, Rollout] = {}

    def adopt(self, records: Iterable[dict[str, Any]]) -> None:
        """Takes over the running pods of an earlier supervisor and removes the folders of the others."""
        for record in records:
            try:
                pod = Pod.adopted(self._machine, record, objects=lambda: self._objects, changed=self._changed)
            except RefusedError as error:
                log.warning("pod %s can't be adopted: %s", record["name"], error)
                continue
            if pod is not None:
                self.rollouts.setdefault(pod.deployment_key, Rollout(key=pod.deployment_key))
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
        """Does the next step of each Deployment; `routed` are the pods that the ingress knows."""
        for key, rollout in list(self.rollouts.items()):
            pods = self.of(rollout)
            if key not in self._objects and not pods:
                del self.rollouts[key]
            elif key not in self._objects or not rollout.refusal:
                replicas, available = self.replicas(rollout), rollout.available(pods, routed)
                step = next_step(rollout.revision, replicas, pods, available, rollout.surge(replicas))
                for _ in range(step.start):
                    self._start(rollout)
                for pod in step.stop:
                    self._end(pod, pause=True)

    def of(self, rollout: Rollout) -> list[Pod]:
        return [pod for pod in self.pods.values() if pod.deployment_key == rollout.key]

    def replicas(self, rollout: Rollout) -> int:
        """Returns how many pods a Deployment should have; one that was deleted should have none."""
        return rollout.replicas(self._objects) if rollout.key in self._objects else 0

    async def stop(self) -> None:
        """Ends all pods and waits for that."""
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
        self._keep(pod)

    def _keep(self, pod: Pod) -> None:
        log.info("pod %s is kept running", pod.name)
        self.pods[pod.name] = pod
        self._tasks[pod.name] = self._group.create_task(pod.run())

    def _end(self, pod: Pod, *, pause: bool) -> None:
        log.info("pod %s is ended", pod.name)
        self._tasks[pod.name].cancel()
        self._tasks[pod.name] = self._group.create_task(self._terminate(pod, pause=pause))

    async def _terminate(self, pod: Pod, *, pause: bool) -> None:
        await pod.terminate(self._withdrawn, pause=pause)
        del self.pods[pod.name], self._tasks[pod.name]
        shutil.rmtree(folder_of(self._machine, pod.name), ignore_errors=True)
        self._remove_old_logs()
        self._changed()

    def _remove_old_logs(self) -> None:
        folder = self._machine.logs / "pods"
        gone = [path for path in folder.glob("*.log") if path.stem not in self.pods]
        for path in sorted(gone, key=lambda path: path.stat().st_mtime)[:-KEPT_LOGS]:
            path.unlink()
