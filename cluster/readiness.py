"""Waits until an object of the cluster is what it should be, and says why when it does not become so.

The kinds that are waited for, and what ends the wait, are those of `pulumi up`:
https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from cluster.api import Api, Object, describe
from local.errors import ProviderError

GATEWAY = 180.0
"""Seconds until a Gateway must have an address and a configured Envoy."""
PULL = 60.0
"""Seconds for which the image of a pod may be impossible to pull; then the Deployment counts as failed."""
RESTARTS = 3
"""Restarts of a new pod that never was ready, after which its Deployment counts as failed: no deadline mends it."""
LOG_LINES = 12
"""Last lines of a container's log that a failure shows."""
_LOOK = 0.5
"""Seconds between two looks at an object."""
_NEVER_PULLED = {"InvalidImageName", "ErrImageNeverPull"}
_NOT_PULLED = {"ErrImagePull", "ImagePullBackOff"}

Verdict = str | None
"""The reason for which an object is not ready yet; None when it is."""


def wait_until_ready(api: Api, manifest: Object) -> Object:
    """Returns the object when it is ready; one of a kind that nobody waits for at once.

    Raises ProviderError with the reason when it fails or does not become ready in its time.
    """
    if (state := _STATES.get(manifest["kind"])) is None:
        return manifest
    end = time.monotonic() + _patience(manifest)
    reason: Verdict = "it is not there"
    while time.monotonic() < end:
        resource = api.get(manifest)
        if resource is not None:
            reason = state(api, resource)
            if reason is None:
                return resource
        time.sleep(_LOOK)
    raise ProviderError(f"{describe(manifest)} is not ready after {_patience(manifest):.0f} s: {reason}")


def _patience(manifest: Object) -> float:
    """Returns the seconds that an object has: its own deadline and some more, for whoever keeps it to report."""
    spec = manifest.get("spec") or {}
    match manifest["kind"]:
        case "Deployment":
            return float(spec.get("progressDeadlineSeconds", 600)) + 30
        case "Job":
            return float(spec.get("activeDeadlineSeconds", 600)) + 30
        case _:
            return GATEWAY


def _deployment(api: Api, resource: Object) -> Verdict:
    """Returns what a roll-out waits for. Raises ProviderError when it has failed."""
    spec, status = resource["spec"], resource.get("status") or {}
    if status.get("observedGeneration", 0) < resource["metadata"]["generation"]:
        return "the cluster has not seen it yet"
    replicas, conditions = spec.get("replicas", 1), _conditions(status)
    counts = {key: status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    if all(count == replicas for count in counts.values()):
        return None
    pods = _pods_of(api, resource)
    reason = _problems(api, pods) or (
        f"{counts['updatedReplicas']} of {replicas} pods are new, {counts['availableReplicas']} are available"
    )
    if (refused := conditions.get("ReplicaFailure", {})).get("status") == "True":
        raise ProviderError(f"{describe(resource)}: its pods are refused: {refused['message']}")
    if conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded" or _can_not_start(pods):
        raise ProviderError(f"{describe(resource)} failed, and the pods before it stay: {reason}")
    return reason


def _job(api: Api, resource: Object) -> Verdict:
    """Returns what a Job waits for. Raises ProviderError when it has failed."""
    conditions = _conditions(resource.get("status") or {})
    if conditions.get("Complete", {}).get("status") == "True":
        return None
    reason = _problems(api, _pods_of(api, resource)) or "its pod has not ended yet"
    if has_failed(resource):
        raise ProviderError(f"{describe(resource)} failed ({conditions['Failed'].get('message', '')}): {reason}")
    return reason


def has_failed(resource: Object) -> bool:
    """Returns whether an object is a Job that has failed for good."""
    failed = _conditions(resource.get("status") or {}).get("Failed", {})
    return resource["kind"] == "Job" and failed.get("status") == "True"


def _gateway(_: Api, resource: Object) -> Verdict:
    """Returns what a Gateway waits for."""
    conditions = _conditions(resource.get("status") or {})
    programmed = conditions.get("Programmed", {})
    is_current = programmed.get("observedGeneration", 0) >= resource["metadata"]["generation"]
    if programmed.get("status") == "True" and is_current:
        return None
    if programmed.get("reason") == "AddressNotAssigned":
        return (
            "its Service has no address, so the cluster has no LoadBalancer. For kind run cloud-provider-kind beside "
            "it, for minikube `minikube tunnel`; k3d has one"
        )
    rejected = [c for c in conditions.values() if c["status"] == "False"]
    return "; ".join(str(c.get("message", c["type"])) for c in rejected) or "no controller has taken it"


_STATES: Mapping[str, Callable[[Api, Object], Verdict]] = {
    "Deployment": _deployment,
    "Job": _job,
    "Gateway": _gateway,
}


def _conditions(status: Object) -> dict[str, Object]:
    return {condition["type"]: condition for condition in status.get("conditions") or []}


def _pods_of(api: Api, resource: Object) -> list[Object]:
    """Returns the pods of the newest template of a Deployment, or the pods of a Job; the newest first."""
    labels = resource["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = api.select("v1", "Pod", namespace=resource["metadata"]["namespace"], label_selector=selector)
    pods.sort(key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)
    hashes = [pod["metadata"]["labels"].get("pod-template-hash") for pod in pods]
    return [pod for pod, own in zip(pods, hashes, strict=True) if own == hashes[0]]


def _containers(pod: Object) -> Iterator[Object]:
    status = pod.get("status") or {}
    yield from [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _can_not_start(pods: list[Object]) -> bool:
    """Returns whether no waiting mends a pod: its image can't be had, or its container ends again and again."""
    now = time.time()
    for pod in pods:
        for container in _containers(pod):
            reason = ((container.get("state") or {}).get("waiting") or {}).get("reason")
            age = now - dt.datetime.fromisoformat(str(pod["metadata"]["creationTimestamp"])).timestamp()
            if reason in _NEVER_PULLED or (reason in _NOT_PULLED and age > PULL):
                return True
            if reason == "CrashLoopBackOff" and container["restartCount"] >= RESTARTS:
                return True
    return False


def _problems(api: Api, pods: Sequence[Object]) -> str:
    """Returns what is wrong with pods, each thing once; empty: nothing."""
    problems = [_problem(api, pod) for pod in pods]
    return "; ".join(dict.fromkeys(filter(None, problems)))


def _problem(api: Api, pod: Object) -> Verdict:
    """Returns what is wrong with a pod, as its node, the scheduler or its container's log says it; None: nothing."""
    name = pod["metadata"]["name"]
    scheduled = _conditions(pod.get("status") or {}).get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"no node takes {name}: {scheduled.get('message', '')}"
    for container in _containers(pod):
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, (container.get("lastState") or {}).get("terminated") or {}
        ended = state.get("terminated") or ended
        if waiting.get("reason") in _NEVER_PULLED | _NOT_PULLED | {
            "CreateContainerConfigError",
            "CreateContainerError",
        }:
            return f"{name}: {waiting['reason']}: {waiting.get('message', '')}"
        if ended and ended.get("exitCode"):
            return f"{name} ended with {ended['exitCode']} ({ended.get('reason', '')}){_last_words(api, pod)}"
    return None


def _last_words(api: Api, pod: Object) -> str:
    """Returns the end of the log of a pod's last container that has ended, or what there is."""
    metadata = pod["metadata"]
    for previous in (False, True):
        log = api.log(metadata["namespace"], metadata["name"], lines=LOG_LINES, previous=previous)
        if log.strip():
            return f"; its log ends: {log.strip()}"
    return ""
