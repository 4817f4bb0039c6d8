"""The next step of a Deployment, from what there is now, so that a new supervisor goes on where another one died.

As Kubernetes does it with `maxUnavailable: 0`: pods of the new template are started, `maxSurge` above the number that
there should be, and one of the old ends when a new one is available.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from local.desired import Object, key_of
from local.kubernetes.container import DEBUG_PORT, Template
from local.kubernetes.fields import check
from local.kubernetes.manifests import Objects, RefusedError, namespace_of, of_kind, selects, wellformed
from local.kubernetes.pod import Pod, revision_of
from local.processes.process import log_tail

REPEATED = 3
"""Failed starts in a row after which a pod's Deployment counts as failed; the pod is still started again."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The pods of a Deployment that are started and stopped next."""

    start: int
    """Number of pods of the new template."""
    stop: tuple[Pod, ...]


def next_step(revision: str, replicas: int, pods: Collection[Pod], available: Collection[str], surge: int = 1) -> Step:
    """Returns the next step. `available` are the names of pods that have served long enough and have traffic."""
    living = [pod for pod in pods if not pod.terminating]
    new = [pod for pod in living if pod.revision == revision]
    old = sorted((pod for pod in living if pod.revision != revision), key=lambda pod: pod.started)
    start = max(0, min(replicas - len(new), replicas + surge * bool(old) - len(living)))
    surplus = sorted(new, key=lambda pod: (pod.name in available, -pod.started))[: max(0, len(new) - replicas)]
    spare = sum(pod.name in available for pod in living if pod not in surplus) - replicas
    serving = [pod for pod in old if pod.name in available]
    broken = [pod for pod in old if not pod.ready]
    return Step(start=start, stop=(*surplus, *broken, *serving[: max(0, spare)]))


@dataclass(kw_only=True)
class Rollout:
    """A Deployment: the manifest that runs, why a newer one can't run, and when it last made progress."""

    key: str
    manifest: Object = field(default_factory=lambda: {"spec": {}})
    newest: Object | None = None
    revision: str = ""
    refusal: str = ""
    progress: tuple[Any, ...] = ()
    progressed: float = field(default_factory=time.monotonic)

    def read(self, manifest: Object) -> None:
        """Takes over a manifest, or keeps the reason why it can't be run."""
        if manifest == self.newest:
            return
        self.newest, self.refusal = manifest, ""
        try:
            check(manifest)
            with wellformed():
                template = Template.read(manifest["spec"]["template"])
                if selects(manifest["spec"]["selector"], template.labels):
                    self.manifest, self.revision = manifest, revision_of(manifest["spec"]["template"])
                else:
                    self.refusal = "The selector does not match the labels of the pod template."
        except RefusedError as error:
            self.refusal = str(error)

    @property
    def namespace(self) -> str:
        return self.key.split("/")[1]

    @property
    def name(self) -> str:
        return self.key.split("/")[2]

    def replicas(self, objects: Objects) -> int:
        """Returns the minimum of the HorizontalPodAutoscaler for it, else its own number, else 1.

        None, if it says so itself: a HorizontalPodAutoscaler leaves alone what somebody has scaled to nothing. One, if
        a debugger can be attached: no request is to go elsewhere.
        """
        containers = self.manifest["spec"].get("template", {}).get("spec", {}).get("containers", ())
        if any(each["name"] == DEBUG_PORT for container in containers for each in container.get("env") or ()):
            return 1
        if self.manifest["spec"].get("replicas") == 0:
            return 0
        for _, scaler in of_kind(objects, "HorizontalPodAutoscaler"):
            if target_of(scaler) == self.key:
                return int(scaler["spec"].get("minReplicas", 1))
        return int(self.manifest["spec"].get("replicas", 1))

    def surge(self, replicas: int) -> int:
        """Returns how many pods there may be besides `replicas` while others take their place: at least one."""
        most = str(self.manifest["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 1))
        return max(1, math.ceil(replicas * int(most[:-1]) / 100) if most.endswith("%") else int(most))

    def available(self, pods: Collection[Pod], routed: Collection[str]) -> set[str]:
        since = time.monotonic() - self.manifest["spec"].get("minReadySeconds", 0)
        return {pod.name for pod in pods if pod.ready and pod.ready_since <= since and pod.name in routed}

    def state(self, replicas: int, pods: Collection[Pod], available: Collection[str]) -> tuple[str, str]:
        """Returns `progressing`, `ready` or `failed`, and why. `pods` are those that live or are routed to."""
        if self.refusal:
            return "failed", self.refusal
        new = [pod for pod in pods if pod.revision == self.revision]
        old = [pod for pod in pods if pod.revision != self.revision]
        ready = sum(pod.name in available for pod in new)
        if ready >= replicas and not old:
            self.progress = ()
            return "ready", ""
        progress = (self.revision, replicas, len(new), len(old), ready)
        if progress != self.progress:
            self.progress, self.progressed = progress, time.monotonic()
        reason = f"{ready} of {replicas} pods are available."
        waiting = [pod for pod in new if pod.name not in available]
        worst = max(waiting, key=lambda pod: (pod.refused, pod.backoff.failures), default=None)
        if worst is not None and worst.message:
            reason += f" {worst.name}: {worst.message}"
        deadline = self.manifest["spec"].get("progressDeadlineSeconds", 600)
        if worst is not None and (worst.refused or worst.backoff.failures >= REPEATED):
            return "failed", reason
        if time.monotonic() - self.progressed > deadline:
            log = f" Its log ends: {log_tail(worst.log)}" if worst is not None and not worst.message else ""
            return "failed", f"No progress for {deadline} s. {reason}{log}"
        return "progressing", reason


def target_of(scaler: Object) -> str:
    """Returns the key of what a HorizontalPodAutoscaler scales."""
    reference = scaler.get("spec", {}).get("scaleTargetRef", {})
    return key_of(str(reference.get("kind")), namespace_of(scaler), str(reference.get("name")))
