"""A Deployment's pod template as processes of this machine: what runs, in which folder, with which environment.

The image is a folder; a volume is a folder of the pod, and a mount path inside of arguments and variables is rewritten
to it; a container port is a free port on loopback, and a variable that holds the port's number gets the free one. A
kubelet brings later changes of a Secret to running pods; here a pod sees them after its next roll-out.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.desired import Object
from local.kubernetes.manifests import MissingError, Objects, RefusedError, entries, entry, find
from local.kubernetes.probes import LOOPBACK, Probe
from local.machine import Machine
from local.processes import PATH

DEBUG_PORT = "LOCAL_DEBUG_PORT"
"""The variable of a container with the port at which a debugger can be attached to its Python program."""
_PROBES = {"startupProbe", "readinessProbe", "livenessProbe"}

Ports = Mapping[str | int, int]
"""Ports of this machine by the container ports' names and numbers."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The facts that a pod knows about itself."""

    name: str
    namespace: str
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A container, ready to be started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path


@dataclass(frozen=True, kw_only=True)
class Template:
    """A pod template that this machine can run. Times are in seconds."""

    container: Object
    volumes: tuple[Object, ...]
    labels: Mapping[str, str]
    grace: float
    pre_stop: float

    @classmethod
    def read(cls, manifest: Object) -> Template:
        """Returns the template of a manifest whose fields are known. Raises RefusedError."""
        spec = manifest["spec"]
        container, *others = spec["containers"]
        if others:
            raise RefusedError(f"The local stack runs one container per pod; this template has {1 + len(others)}.")
        if not container.get("command"):
            raise RefusedError(f"container {container['name']}: `command` is required here.")
        template = cls(
            container=container,
            volumes=tuple(spec.get("volumes") or ()),
            labels=manifest["metadata"].get("labels") or {},
            grace=spec.get("terminationGracePeriodSeconds", 30),
            pre_stop=container["lifecycle"]["preStop"]["sleep"]["seconds"] if "lifecycle" in container else 0,
        )
        template.probes(template.map_ports(lambda: 0))
        return template

    def map_ports(self, choose: Callable[[], int]) -> dict[str | int, int]:
        """Chooses a port of this machine for each container port."""
        ports: dict[str | int, int] = {}
        for port in self.container.get("ports") or ():
            ports[port["containerPort"]] = choose()
            if "name" in port:
                ports[port["name"]] = ports[port["containerPort"]]
        return ports

    def probes(self, ports: Ports) -> dict[str, Probe]:
        """Returns the probes by name, for example `startupProbe`. Raises RefusedError."""
        return {name: Probe.read(self.container[name], ports, name) for name in _PROBES & self.container.keys()}


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def mount(volumes: tuple[Object, ...], pod: Identity, objects: Objects) -> None:
    """Makes the folders of the volumes; only the owner can read their files. Raises RefusedError, MissingError."""
    for volume in volumes:
        folder = pod.folder / "volumes" / volume["name"]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        if "secret" in volume:
            content = entries(find(objects, "Secret", pod.namespace, volume["secret"]["secretName"]))
            for name, value in content.items():
                path = folder / name
                if path.parent != folder:
                    raise RefusedError(f"volume {volume['name']}: {name!r} is no name of a file.")
                path.touch(mode=0o600)
                path.write_bytes(value)
                path.chmod(0o400)


def launch(container: Object, pod: Identity, ports: Ports, *, machine: Machine, objects: Objects) -> Launch:
    """Returns how to start `container` in `pod`. Raises RefusedError, or MissingError for what is not there yet."""
    image = machine.images / container["image"].rpartition("@sha256:")[2]
    if not image.is_dir():
        raise MissingError(f"The image {container['image']} is not on this machine; it must be named by its digest.")
    mounts = {
        m["mountPath"].rstrip("/"): pod.folder / "volumes" / m["name"] for m in container.get("volumeMounts") or ()
    }
    env = {"PATH": PATH, "HOME": str(pod.folder), "LANG": "C.UTF-8", "PYTHONPATH": str(image)}
    env |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    if "/tmp" in mounts:  # noqa: S108 - the container's own
        env["TMPDIR"] = str(mounts["/tmp"])  # noqa: S108
    mapped = {str(number): str(port) for number, port in ports.items() if isinstance(number, int)}
    for variable in container.get("env") or ():
        value = _value(variable, pod, objects)
        env[variable["name"]] = _with_folders(mapped.get(value, value) if "value" in variable else value, mounts)
    argv = [_with_folders(word, mounts) for word in (*container["command"], *(container.get("args") or ()))]
    program = shutil.which(argv[0], path=PATH)
    if program is None:
        raise RefusedError(f"container {container['name']}: the program {argv[0]!r} is not installed on this machine.")
    debugger: list[str] = []
    if port := env.pop(DEBUG_PORT, ""):
        debugger = ["-X", "frozen_modules=off", "-m", "debugpy", "--listen", f"{LOOPBACK}:{port}"]
        # It shows the clone's sources in the place of their copies.
        env["PATHS_FROM_ECLIPSE_TO_PYTHON"] = json.dumps([[str(machine.root), str(image)]])
    return Launch(argv=(str(program), *debugger, *argv[1:]), env=env, cwd=image)


def _with_folders(text: str, mounts: Mapping[str, Path]) -> str:
    """Replaces every mount path that stands in a text as a whole (`/tls`, `file=/tls/ca.crt`) by its folder."""
    if "$(" in text:
        raise RefusedError(f"{text!r}: the local stack does not expand references to variables.")
    paths = "|".join(re.escape(path) for path in sorted(mounts, key=len, reverse=True))
    if not paths:
        return text
    return re.sub(rf"(?<![\w./-])({paths})(?![\w.-])", lambda match: str(mounts[match[1]]), text)


def _value(variable: Object, pod: Identity, objects: Objects) -> str:
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    ((kind, source),) = variable["valueFrom"].items()
    if kind == "fieldRef":
        return {"metadata.name": pod.name, "status.podIP": LOOPBACK}[source["fieldPath"]]
    return entry(find(objects, "Secret", pod.namespace, source["name"]), source["key"]).decode()
