"""What a Deployment needs next, from what there is: level-triggered, so that a new supervisor goes on where one died.

As Kubernetes does it with `maxSurge: 1, maxUnavailable: 0`, whatever the manifest's own numbers are: a pod of the new
template is started, and one of the old ends when the new one is available.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from local.desired import Object, key_of
from local.supervisor.container import Template
from local.supervisor.manifests import Objects, RefusedError, namespace_of, of_kind, only, selects, tail, wellformed
from local.supervisor.pod import Pod, revision_of

REPEATED = 3
"""Ends in a row without health, after which a pod's Deployment counts as failed; it is still tried again."""

_SPEC = {"replicas", "selector", "template", "strategy", "minReadySeconds", "progressDeadlineSeconds"}
_SPEC_UNUSED = {"revisionHistoryLimit", "paused"}


@dataclass(frozen=True, kw_only=True)
class Step:
    start: int
    """How many pods of the new template."""
    stop: tuple[Pod, ...]


def next_step(revision: str, replicas: int, pods: Collection[Pod], available: Collection[str]) -> Step:
    """`available` holds the names of the pods that serve, long enough and known to the ingress."""
    living = [pod for pod in pods if not pod.terminating]
    new = [pod for pod in living if pod.revision == revision]
    old = sorted((pod for pod in living if pod.revision != revision), key=lambda pod: pod.started)
    start = max(0, min(replicas - len(new), replicas + bool(old) - len(living)))
    surplus = sorted(new, key=lambda pod: (pod.name in available, -pod.started))[: max(0, len(new) - replicas)]
    spare = sum(pod.name in available for pod in living if pod not in surplus) - replicas
    serving = [pod for pod in old if pod.name in available]
    broken = [pod for pod in old if not pod.ready]
    return Step(start=start, stop=(*surplus, *broken, *serving[: max(0, spare)]))


@dataclass(kw_only=True)
class Rollout:
    """One Deployment: its manifest, why a newer one can't be run, and when it last got on."""

    key: str
    manifest: Object = field(default_factory=lambda: {"spec": {}})
    newest: Object | None = None
    revision: str = ""
    refusal: str = ""
    progress: tuple[Any, ...] = ()
    progressed: float = field(default_factory=time.monotonic)

    def read(self, manifest: Object) -> None:
        """Takes over a manifest, or why it can't be run."""
        if manifest == self.newest:
            return
        self.newest, self.refusal = manifest, ""
        try:
            with wellformed():
                _check(manifest["spec"])
                self.manifest, self.revision = manifest, revision_of(manifest["spec"]["template"])
        except RefusedError as error:
            self.refusal = str(error)

    @property
    def namespace(self) -> str:
        return self.key.split("/")[1]

    @property
    def name(self) -> str:
        return self.key.split("/")[2]

    def replicas(self, objects: Objects) -> int:
        """The minimum of the HorizontalPodAutoscaler that owns it, else its own number, else 1."""
        for _, scaler in of_kind(objects, "HorizontalPodAutoscaler"):
            if target_of(scaler) == self.key:
                return int(scaler["spec"].get("minReplicas", 1))
        return int(self.manifest["spec"].get("replicas", 1))

    def available(self, pods: Collection[Pod], routed: Collection[str]) -> set[str]:
        since = time.monotonic() - self.manifest["spec"].get("minReadySeconds", 0)
        return {pod.name for pod in pods if pod.ready and pod.ready_since <= since and pod.name in routed}

    def state(self, replicas: int, pods: Collection[Pod], available: Collection[str]) -> tuple[str, str]:
        """`progressing`, `ready` or `failed`, and why. `pods` are those that live or are routed to."""
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
        waiting = max(
            (pod for pod in new if pod.name not in available),
            key=lambda pod: (pod.refused, pod.backoff.failures),
            default=None,
        )
        reason = f"{ready} of {replicas} pods are available."
        if waiting is not None and waiting.message:
            reason += f" {waiting.name}: {waiting.message}"
        deadline = self.manifest["spec"].get("progressDeadlineSeconds", 600)
        if waiting is not None and (waiting.refused or waiting.backoff.failures >= REPEATED):
            return "failed", reason
        if time.monotonic() - self.progressed > deadline:
            said = f" Its log ends: {tail(waiting.log)}" if waiting is not None and not waiting.message else ""
            return "failed", f"No progress for {deadline} s. {reason}{said}"
        return "progressing", reason


def _check(spec: Object) -> None:
    only(spec, _SPEC | _SPEC_UNUSED, "deployment.spec")
    template = Template.read(spec["template"])
    if not selects(spec["selector"], template.labels, "deployment.spec.selector"):
        raise RefusedError("The selector does not match the labels of the pod template.")
    if (spec.get("strategy") or {}).get("type", "RollingUpdate") != "RollingUpdate":
        raise RefusedError("The local stack rolls; strategy.type must be RollingUpdate.")


def target_of(scaler: Object) -> str:
    """The key of what a HorizontalPodAutoscaler scales."""
    reference = scaler.get("spec", {}).get("scaleTargetRef", {})
    return key_of(str(reference.get("kind")), namespace_of(scaler), str(reference.get("name")))
