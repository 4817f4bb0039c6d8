"""A Deployment's pod template as processes of this machine: what runs, in which folder, with which environment.

The image is a folder; a volume is a folder of the pod, and a mount path inside of arguments and variables is rewritten
to it; a container port is a free port on loopback, and a variable that holds the port's number gets the free one.
Placement and isolation (security context, resources, affinity) are accepted and not enforced: a process of the
user is no sandbox. What would change the program's behaviour and can't be had is refused.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.desired import Object
from local.machine import Machine
from local.supervisor.manifests import MissingError, Objects, RefusedError, entry, find, only
from local.supervisor.probes import Probe
from local.supervisor.volumes import VOLUMES, Identity

ADDRESS = "127.0.0.1"
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])

_POD = {"containers", "initContainers", "volumes", "terminationGracePeriodSeconds", "restartPolicy"}
_POD_UNENFORCED = {
    "affinity",
    "automountServiceAccountToken",
    "enableServiceLinks",
    "nodeSelector",
    "priorityClassName",
    "securityContext",
    "serviceAccountName",
    "tolerations",
    "topologySpreadConstraints",
}
_CONTAINER = {"name", "image", "command", "args", "env", "ports", "volumeMounts", "lifecycle"}
_PROBES = {"startupProbe", "readinessProbe", "livenessProbe"}
_CONTAINER_UNENFORCED = {"imagePullPolicy", "resources", "securityContext"}
Ports = Mapping[str | int, int]


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A container, ready to be started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


@dataclass(frozen=True, kw_only=True)
class Template:
    """A pod template that this machine can run. Times in seconds."""

    init: tuple[Object, ...]
    container: Object
    volumes: tuple[Object, ...]
    labels: Mapping[str, str]
    grace: float
    pre_stop: float
    ports: tuple[Object, ...] = ()

    @classmethod
    def read(cls, manifest: Object) -> Template:
        """Raises RefusedError."""
        spec = only(manifest["spec"], _POD | _POD_UNENFORCED, "pod")
        if spec.get("restartPolicy", "Always") != "Always":
            raise RefusedError("pod.restartPolicy must be Always, as in every Deployment.")
        if len(spec["containers"]) != 1:
            raise RefusedError(
                f"The local stack runs one container per pod; this template has {len(spec['containers'])}."
            )
        container = only(spec["containers"][0], _CONTAINER | _PROBES | _CONTAINER_UNENFORCED, "container")
        init = tuple(spec.get("initContainers") or ())
        for each in init:
            only(each, (_CONTAINER | _CONTAINER_UNENFORCED) - {"ports", "lifecycle"}, f"initContainer {each['name']}")
        hook = only(container.get("lifecycle") or {}, {"preStop"}, "lifecycle").get("preStop") or {}
        sleep = only(hook, {"sleep"}, "lifecycle.preStop").get("sleep") or {"seconds": 0}
        template = cls(
            init=init,
            container=container,
            volumes=tuple(spec.get("volumes") or ()),
            labels=manifest["metadata"].get("labels") or {},
            grace=spec.get("terminationGracePeriodSeconds", 30),
            pre_stop=sleep["seconds"],
            ports=tuple(container.get("ports") or ()),
        )
        template.probes(template.map_ports(lambda: 0))
        for volume in template.volumes:
            only(volume, VOLUMES | {"name"}, f"volume {volume['name']}")
        for each in (*init, container):
            if not each.get("command"):
                raise RefusedError(
                    f"container {each['name']}: `command` is needed, an image's own can't be known here."
                )
        return template

    def map_ports(self, choose: Callable[[], int]) -> dict[str | int, int]:
        """A port of this machine for each container port, under its name and its number."""
        found: dict[str | int, int] = {}
        for port in self.ports:
            only(port, {"name", "containerPort", "protocol"}, "container.ports")
            found[port["containerPort"]] = choose()
            if "name" in port:
                found[port["name"]] = found[port["containerPort"]]
        return found

    def probes(self, ports: Ports) -> dict[str, Probe]:
        """By name (`startupProbe`). Raises RefusedError."""
        return {name: Probe.read(self.container[name], ports, name) for name in _PROBES & self.container.keys()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def launch(container: Object, pod: Identity, ports: Ports, *, machine: Machine, objects: Objects) -> Launch:
    """How to start `container` in `pod`. Raises RefusedError, or MissingError for what is not there yet."""
    image = machine.images / container["image"].rpartition("@sha256:")[2]
    if not image.is_dir():
        raise MissingError(f"The image {container['image']} is not on this machine; it must be named by its digest.")
    mounts = {m["mountPath"].rstrip("/"): pod.folder / "volumes" / m["name"] for m in _mounts(container)}
    env = {"PATH": PATH, "HOME": str(pod.folder), "LANG": "C.UTF-8", "PYTHONPATH": str(image)}
    env |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    if "/tmp" in mounts:  # noqa: S108 - the container's own
        env["TMPDIR"] = str(mounts["/tmp"])  # noqa: S108
    mapped = {str(number): str(port) for number, port in ports.items() if isinstance(number, int)}
    for variable in container.get("env") or ():
        value = _value(variable, pod, objects)
        if "value" in variable:
            value = mapped.get(value, _expanded(value, env))
        env[variable["name"]] = _mapped(value, mounts)
    words = [*container["command"], *(container.get("args") or ())]
    argv = [_mapped(_expanded(word, env), mounts) for word in words]
    program = shutil.which(image / argv[0] if "/" in argv[0] else argv[0], path=PATH)
    if program is None:
        raise RefusedError(f"container {container['name']}: the program {argv[0]!r} is not installed on this machine.")
    return Launch(argv=(str(program), *argv[1:]), env=env, cwd=image)


def _mounts(container: Object) -> list[Object]:
    mounts = container.get("volumeMounts") or []
    return [only(mount, {"name", "mountPath", "readOnly"}, "volumeMounts") for mount in mounts]


def _mapped(text: str, mounts: Mapping[str, Path]) -> str:
    """With every mount path that stands in it as a whole (`/tls`, `file=/tls/ca.crt`) replaced by its folder."""
    paths = "|".join(re.escape(path) for path in sorted(mounts, key=len, reverse=True))
    if not paths:
        return text
    return re.sub(rf"(?<![\w./-])({paths})(?![\w.-])", lambda match: str(mounts[match[1]]), text)


def _expanded(text: str, env: Mapping[str, str]) -> str:
    """`$(NAME)` as the kubelet expands it: unknown names stay as they are."""
    return re.sub(r"\$\((\w+)\)", lambda match: env.get(match[1], match[0]), text)


def _value(variable: Object, pod: Identity, objects: Objects) -> str:
    where = f"env {variable['name']}"
    only(variable, {"name", "value", "valueFrom"}, where)
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    ((kind, source),) = only(
        variable["valueFrom"], {"secretKeyRef", "configMapKeyRef", "fieldRef"}, f"{where}.valueFrom"
    ).items()
    if kind == "fieldRef":
        fields = {"metadata.name": pod.name, "metadata.namespace": pod.namespace, "status.podIP": ADDRESS}
        if source["fieldPath"] not in fields:
            raise RefusedError(
                f"{where}: the field {source['fieldPath']!r} is unknown here; known: {', '.join(fields)}."
            )
        return fields[source["fieldPath"]]
    only(source, {"name", "key"}, f"{where}.valueFrom.{kind}")
    holder = find(objects, "Secret" if kind == "secretKeyRef" else "ConfigMap", pod.namespace, source["name"])
    return entry(holder, source["key"]).decode()
