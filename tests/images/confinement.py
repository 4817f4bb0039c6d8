"""A container of a pod as the arguments of `docker run`, as strict as the pod is.

https://docs.docker.com/reference/cli/docker/container/run/ and
https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Properties = Mapping[str, Any]


def arguments(
    pod: Properties, container: Properties, *, environment: Mapping[str, str], mounts: Mapping[str, Path]
) -> list[str]:
    """Returns the options of `docker run`, without the image and the command.

    `environment` replaces values of the pod and must hold those that only a cluster knows. `mounts` are folders of
    this machine by the names of the pod's secret volumes. Raises KeyError for a value or a folder that is missing, and
    ValueError for a part of the security context that `docker run` has no option for.
    """
    return [
        *_user(pod["securityContext"]),
        *_confined(container["securityContext"]),
        *_limits(container["resources"]["limits"]),
        *_volumes(pod["volumes"], container["volumeMounts"], mounts),
        *_environment(container["env"], environment),
    ]


def _user(context: Properties) -> Iterator[str]:
    known = {"runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "seccompProfile"}
    _all_known(context, known)
    if not context["runAsNonRoot"] or 0 in (context["runAsUser"], context["runAsGroup"]):
        raise ValueError("the pod runs as root")
    if context["seccompProfile"] != {"type": "RuntimeDefault"}:  # Docker's own default
        raise ValueError(f"there is no such seccomp profile here: {context['seccompProfile']}")
    yield from ("--user", f"{context['runAsUser']}:{context['runAsGroup']}")
    yield from ("--group-add", str(context["fsGroup"]))


def _confined(context: Properties) -> Iterator[str]:
    _all_known(context, {"allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities"})
    if context["readOnlyRootFilesystem"]:
        yield "--read-only"
    if not context["allowPrivilegeEscalation"]:
        yield from ("--security-opt", "no-new-privileges")
    _all_known(context["capabilities"], {"drop"})
    for capability in context["capabilities"]["drop"]:
        yield from ("--cap-drop", capability)


def _limits(limits: Properties) -> Iterator[str]:
    memory = str(limits["memory"])
    if not memory.endswith("Mi"):
        raise ValueError(f"a limit of memory is given in Mi, got {memory}")
    yield from ("--memory", f"{memory.removesuffix('Mi')}m")


def _volumes(volumes: list[Properties], mounted: list[Properties], mounts: Mapping[str, Path]) -> Iterator[str]:
    by_name = {volume["name"]: volume for volume in volumes}
    for mount in mounted:
        volume, path = by_name[mount["name"]], mount["mountPath"]
        if "emptyDir" in volume:
            yield from ("--tmpfs", f"{path}:mode=1777")
        elif "secret" in volume:
            yield from ("--volume", f"{mounts[mount['name']]}:{path}:ro")
        else:
            raise ValueError(f"there is no such volume here: {volume}")


def _environment(declared: list[Properties], values: Mapping[str, str]) -> Iterator[str]:
    for variable in declared:
        name = variable["name"]
        value = values[name] if name in values or "value" not in variable else variable["value"]
        yield from ("--env", f"{name}={value}")


def _all_known(context: Properties, known: set[str]) -> None:
    if unknown := context.keys() - known:
        raise ValueError(f"there is no counterpart here for {', '.join(sorted(unknown))}")
