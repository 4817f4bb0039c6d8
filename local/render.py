"""The Kubernetes manifests of a stack as files, offline.

The program runs as in a preview. Keys, certificates and passwords are made for this rendering, identities of Azure are
stand-ins and an image's digest is that of its build context: a cluster takes these manifests as it takes those of a
deployment, but they are not the same.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import pulumi
import yaml

from local.desired import Object
from local.errors import LocalError
from local.machine import Machine, Ports
from local.provider import Handler, Made, Properties
from local.providers import azure, docker, kubernetes, random, tls
from planning.run import Registered, Registration, run_program
from planning.wire import Wire, holds_unknown, plain

_FIRST = (
    "Namespace",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "NetworkPolicy",
    "Service",
    "GatewayClass",
    "EnvoyProxy",
)
"""What others name comes before them: an API server takes any order, but a pod starts only when all is there."""
_NO_PORTS = Ports(endpoint=0, ingress=0, issuer=0, emulator=0, postgres=0)


class _Collected:
    """A cluster that keeps what is applied."""

    def __init__(self) -> None:
        self.manifests: list[Object] = []
        self._lock = threading.Lock()

    def apply(self, manifest: Object) -> Object:
        with self._lock:
            self.manifests.append(manifest)
        return kubernetes.status_of(manifest["kind"])

    def delete(self, manifest: Object) -> None:  # noqa: ARG002 - the protocol's name
        raise AssertionError("nothing is deleted while a program is rendered")

    def has(self, manifest: Object) -> bool:
        return manifest in self.manifests


class _Database(Handler):
    """azure-native:dbforpostgresql:*: the name under which Azure would have it."""

    def create(self, name: str, inputs: Properties) -> Made:
        host = f"{inputs.get('serverName', name)}.postgres.database.azure.com"
        return Made(id=name, outputs={"name": name, "fullyQualifiedDomainName": host})

    def delete(self, id_: str, outputs: Properties) -> None:  # noqa: ARG002 - the handlers' signature
        raise AssertionError("nothing is deleted while a program is rendered")


class _Renderer:
    """A `Deployment` in which everything is made in memory; of AWS only the inputs are known."""

    def __init__(self, machine: Machine, cluster: _Collected) -> None:
        self._handlers: dict[str, Handler] = {
            **tls.package(machine).handlers,
            **random.package(machine).handlers,
            **docker.package(machine).handlers,
            **azure.recorded(),
            **kubernetes.handlers(cluster),
        }

    def register(self, registration: Registration) -> Registered:
        handler = self._handlers.get(registration.type)
        if handler is None and registration.type.startswith("azure-native:dbforpostgresql:"):
            handler = _Database()
        inputs = registration.inputs
        if handler is None:
            return Registered(id="", outputs=inputs)
        if holds_unknown(inputs):
            if registration.type.startswith("kubernetes:"):
                raise LocalError(f"{registration.name} ({registration.type}) needs a value that only a cloud knows.")
            return Registered(id="", outputs=inputs)
        made = handler.create(registration.name, plain(inputs))
        return Registered(id=made.id, outputs={**inputs, **made.outputs})

    def invoke(self, token: str, args: Wire) -> Wire:
        if (function := azure.FUNCTIONS.get(token)) is None:
            raise LocalError(f"A rendering can't answer {token}: only its cloud knows.")
        return function(plain(args))

    def outputs(self, urn: str, values: Wire) -> None:
        pass


def render(root: Path, stack: str, target: Path, *, config: dict[str, object] | None = None) -> list[Path]:
    """Writes one file per object into `target`, which must be new or empty, and returns them in order.

    Only their owner can read them: Secrets are among them. Raises LocalError.
    """
    if target.exists() and any(target.iterdir()):
        raise LocalError(f"{target} is not empty. Name a folder that is, or that does not exist yet.")
    cluster = _Collected()
    with tempfile.TemporaryDirectory(prefix="render-") as home:
        machine = Machine(root=root, home=Path(home), ports=_NO_PORTS)
        try:
            run_program(root, stack, _Renderer(machine, cluster), preview=True, config=config)
        except pulumi.RunError as error:
            raise LocalError(str(error)) from error
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for number, manifest in enumerate(sorted(cluster.manifests, key=_position), start=1):
        path = target / f"{number:03}-{manifest['kind'].lower()}-{manifest['metadata']['name']}.yaml"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(manifest, sort_keys=False))
        paths.append(path)
    return paths


def _position(manifest: Object) -> tuple[Any, ...]:
    kind, metadata = manifest["kind"], manifest["metadata"]
    rank = _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
    return rank, kind, metadata.get("namespace", ""), metadata["name"]
