"""Rules of pods: confined as Kubernetes' Pod Security Standard `restricted` or stricter, of known images only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy.rule import Finding, Resource, Rule, given, items

_TEMPLATES = {
    "kubernetes:apps/v1:DaemonSet": "spec.template.spec",
    "kubernetes:apps/v1:Deployment": "spec.template.spec",
    "kubernetes:apps/v1:StatefulSet": "spec.template.spec",
    "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
    "kubernetes:batch/v1:Job": "spec.template.spec",
    "kubernetes:core/v1:Pod": "spec",
}
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_BUILT = re.compile(r"<Image [^<>]+\.repoDigest>")
_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
"""The kinds of volumes that `restricted` allows."""
_SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|credential|private_?key|api_?key|database_url)")


def _containers(pod: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    path = _TEMPLATES[pod.type]
    for kind in ("initContainers", "containers"):
        for container in items(pod.get(f"{path}.{kind}")):
            yield f"{path}.{kind}[{container.get('name')}]", container


def _part(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def pods_share_nothing_of_the_node(pod: Resource) -> Iterator[Finding]:
    path = _TEMPLATES[pod.type]
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(f"{path}.{key}"):
            yield Finding(property=f"{path}.{key}", allowed="be absent", given=True, do="Leave it out.")
    for volume in items(pod.get(f"{path}.volumes")):
        others = set(volume) - {"name"} - _VOLUMES
        if others:
            yield Finding(
                property=f"{path}.volumes[{volume.get('name')}]",
                allowed=f"be one of {', '.join(sorted(_VOLUMES))}",
                given=sorted(others),
                do="A path of the node is the node: use a volume of the pod's own.",
            )
    for where, container in _containers(pod):
        for port in items(container.get("ports")):
            if port.get("hostPort"):
                yield Finding(
                    property=f"{where}.ports[{port.get('name')}].hostPort",
                    allowed="be absent",
                    given=port["hostPort"],
                    do="Reach the pod by its Service.",
                )


def pods_are_confined(pod: Resource) -> Iterator[Finding]:
    path = _TEMPLATES[pod.type]
    whole = pod.get(f"{path}.securityContext", {})
    for where, container in _containers(pod):
        own = container.get("securityContext") or {}
        checks: tuple[tuple[str, Any, Any], ...] = (
            ("runAsNonRoot", own.get("runAsNonRoot", whole.get("runAsNonRoot")), True),
            ("allowPrivilegeEscalation", own.get("allowPrivilegeEscalation"), False),
            ("readOnlyRootFilesystem", own.get("readOnlyRootFilesystem"), True),
            ("privileged", bool(own.get("privileged")), False),
            ("capabilities.drop", _part(own, "capabilities", "drop"), ["ALL"]),
            ("capabilities.add", _part(own, "capabilities", "add") or [], []),
            (
                "seccompProfile.type",
                _part(own, "seccompProfile", "type") or _part(whole, "seccompProfile", "type"),
                "RuntimeDefault",
            ),
        )
        for key, value, wanted in checks:
            if value != wanted:
                yield Finding(
                    property=f"{where}.securityContext.{key}",
                    allowed=f"be {wanted}",
                    given=value,
                    do="Use components.kubernetes.pod, which confines containers.",
                )
        user = own.get("runAsUser", whole.get("runAsUser"))
        if user == 0:
            yield Finding(
                property=f"{where}.securityContext.runAsUser",
                allowed="not be 0",
                given=user,
                do="Give the image a user of its own.",
            )


def pods_mount_no_token(pod: Resource) -> Iterator[Finding]:
    path = f"{_TEMPLATES[pod.type]}.automountServiceAccountToken"
    if pod.get(path) is not False:
        yield Finding(
            property=path,
            allowed="be false",
            given=pod.get(path),
            do="Set it; workload identity brings its own token.",
        )


def images_are_named_by_digest(pod: Resource) -> Iterator[Finding]:
    for where, container in _containers(pod):
        image = str(container.get("image"))
        if not _DIGEST.fullmatch(image) and not _BUILT.fullmatch(image):
            yield Finding(
                property=f"{where}.image",
                allowed="name a digest (registry/name@sha256:...)",
                given=image,
                do="Take repo_digest of the docker.Image (components/azure/image.py); a tag can change.",
            )


def containers_say_what_they_need(pod: Resource) -> Iterator[Finding]:
    for where, container in _containers(pod):
        for path in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
            if not _part(container, "resources", *path):
                yield Finding(
                    property=f"{where}.resources.{'.'.join(path)}",
                    allowed="be set",
                    given=None,
                    do="Set it: the scheduler and the autoscaler go by requests, the node is saved by the limit.",
                )


def containers_hold_no_secret_in_clear(pod: Resource) -> Iterator[Finding]:
    for where, container in _containers(pod):
        for variable in items(container.get("env")):
            if variable.get("value") and _SECRET_NAME.search(variable.get("name", "")):
                yield Finding(
                    property=f"{where}.env[{variable['name']}].value",
                    allowed="be absent",
                    given="a value",
                    do="Take it from a Secret with value_from.secret_key_ref.",
                )


def jobs_end_and_stay(job: Resource) -> Iterator[Finding]:
    yield from given(
        job, "spec.activeDeadlineSeconds", allowed="be set", do="Set it: a Job that hangs holds the deployment up."
    )
    if job.get("spec.ttlSecondsAfterFinished") is not None:
        yield Finding(
            property="spec.ttlSecondsAfterFinished",
            allowed="be absent",
            given=job.get("spec.ttlSecondsAfterFinished"),
            do="Leave it out: a Job that vanished is made again, and runs again, by the next update with a refresh.",
        )


_STANDARD = "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"
_TYPES = tuple(_TEMPLATES)

RULES = (
    Rule(
        name="pods-share-nothing-of-the-node",
        why="What reaches the node reaches every pod on it",
        source=_STANDARD,
        types=_TYPES,
        resource=pods_share_nothing_of_the_node,
    ),
    Rule(
        name="pods-are-confined",
        why="Whoever takes over a process should find neither root nor a way out of the container",
        source=_STANDARD,
        types=_TYPES,
        resource=pods_are_confined,
    ),
    Rule(
        name="pods-mount-no-token",
        why="A token in a pod is a way into the API server for whoever takes over the pod",
        source="https://kubernetes.io/docs/concepts/security/service-accounts/#opt-out-of-api-credential-automounting",
        types=_TYPES,
        resource=pods_mount_no_token,
    ),
    Rule(
        name="images-are-named-by-digest",
        why="A tag can be moved: what runs would not be what was tested, scanned and signed",
        source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
        types=_TYPES,
        resource=images_are_named_by_digest,
    ),
    Rule(
        name="containers-say-what-they-need",
        why="One pod could take a node's memory from all others",
        source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
        types=_TYPES,
        resource=containers_say_what_they_need,
    ),
    Rule(
        name="jobs-end-and-stay",
        why="A deployment waits for its Jobs, and knows what has run by the Jobs that are there",
        source="https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
        types=("kubernetes:batch/v1:Job",),
        resource=jobs_end_and_stay,
    ),
    Rule(
        name="containers-hold-no-secret-in-clear",
        why="Whoever may read a Deployment, its history or its logs would read the secret",
        source="https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
        types=_TYPES,
        resource=containers_hold_no_secret_in_clear,
    ),
)
