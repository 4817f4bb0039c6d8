"""The Kubernetes manifests of a stack as files, offline.

The program runs as in a preview. Keys, certificates and passwords are made for this rendering; identities of Azure and
the digests of images are stand-ins. A cluster takes these manifests as it takes those of a deployment, but they are not
the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from planning.errors import PlanningError
from planning.makers import Maker, azure, random, tls
from planning.manifests import Manifest, as_yaml, manifest_of, status_of
from planning.record import Recorder
from planning.run import Registered, Registration, run_program
from planning.wire import Wire, holds_unknown, plain

_FIRST = (
    *(
        "Namespace",
        "ServiceAccount",
        "Secret",
        "ConfigMap",
        "NetworkPolicy",
        "Service",
        "GatewayClass",
        "EnvoyProxy",
        "Job",
    ),
)
"""Kinds that others name come before them: an API server takes any order, but a pod starts only when all is there."""
_MAKERS: dict[str, Maker] = {**tls.MAKERS, **random.MAKERS, **azure.MAKERS}
_CHARTS = "kubernetes:helm.sh/"
_SERVICE = "crosscloud:service:Microservice"


class _MadeInMemory:
    """Answers in which everything that manifests refer to has a value."""

    def resource(self, registration: Registration) -> Registered:
        inputs, type_ = registration.inputs, registration.type
        if holds_unknown(inputs):
            if _is_manifest(registration):
                raise PlanningError(f"{registration.name} ({type_}) needs a value that only a cloud knows.")
            return Registered(id="", outputs=inputs)
        if _is_manifest(registration):
            manifest = manifest_of(inputs, registration.name)
            metadata, status = manifest["metadata"], status_of(manifest["kind"])
            outputs = {**manifest, "status": status} if status else manifest
            return Registered(id="/".join(filter(None, [metadata.get("namespace"), metadata["name"]])), outputs=outputs)
        if maker := _MAKERS.get(type_):
            made = maker(registration.name, plain(inputs))
            return Registered(id=made.id, outputs={**inputs, **made.outputs})
        if type_.startswith("azure-native:dbforpostgresql:"):
            host = f"{inputs.get('serverName', registration.name)}.postgres.database.azure.com"
            outputs = {"name": registration.name, "fullyQualifiedDomainName": host}
            return Registered(id=registration.name, outputs={**inputs, **outputs})
        if type_ == "docker:index/image:Image":
            image = inputs["imageName"]
            digest = f"{image.rpartition(':')[0]}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"
            return Registered(id=image, outputs={**inputs, "repoDigest": digest})
        return Registered(id="", outputs=inputs)

    def function(self, token: str, args: Wire) -> Wire:
        if (function := azure.FUNCTIONS.get(token)) is None:
            raise PlanningError(f"A rendering can't answer {token}: only its cloud knows.")
        return function(plain(args))


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An object of the cluster."""

    manifest: Manifest
    service: str | None
    """The service that it belongs to. None: it belongs to what all services share."""

    @property
    def file_name(self) -> str:
        """The name of its file, which no other object of its namespace has."""
        return f"{self.manifest['kind'].lower()}-{self.manifest['metadata']['name']}.yaml"


def objects(root: Path, stack: str, *, config: dict[str, object] | None = None) -> list[Rendered]:
    """Returns the objects of a stack, in the order in which a cluster takes them best. Raises PlanningError."""
    recorder = Recorder(_MadeInMemory())
    try:
        run_program(root, stack, recorder, preview=True, config=config)
    except pulumi.RunError as error:
        raise PlanningError(str(error)) from error
    declared = {registration.urn: registration for registration in recorder.record.resources}
    rendered = [
        Rendered(manifest=manifest_of(plain(each.inputs), each.name), service=_service_of(each, declared))
        for each in declared.values()
        if _is_manifest(each)
    ]
    return sorted(rendered, key=lambda each: _position(each.manifest))


def render(root: Path, stack: str, target: Path, *, config: dict[str, object] | None = None) -> list[Path]:
    """Writes the manifests of a stack into `target` and returns their paths, as `write`. Raises PlanningError."""
    refuse_unless_empty(target)
    return write(objects(root, stack, config=config), target)


def write(rendered: list[Rendered], target: Path) -> list[Path]:
    """Writes one file per object into `target`, which must be new or empty, and returns them in order.

    Only their owner can read them: Secrets are among them. Raises PlanningError.
    """
    refuse_unless_empty(target)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for number, each in enumerate(rendered, start=1):
        path = target / f"{number:03}-{each.file_name}"
        path.touch(mode=0o600)
        path.write_text(as_yaml(each.manifest))
        paths.append(path)
    return paths


def refuse_unless_empty(target: Path) -> None:
    """Raises PlanningError for a folder with something in it."""
    if target.exists() and any(target.iterdir()):
        raise PlanningError(f"{target} is not empty. Name a folder that is, or that does not exist yet.")


def _service_of(registration: Registration, declared: dict[str, Registration]) -> str | None:
    """Returns the name of the service component that a resource is part of."""
    while (parent := declared.get(registration.parent)) is not None:
        if parent.type == _SERVICE:
            return parent.name
        registration = parent
    return None


def _is_manifest(registration: Registration) -> bool:
    return registration.custom and registration.type.startswith("kubernetes:") and _CHARTS not in registration.type


def _position(manifest: Manifest) -> tuple[Any, ...]:
    """Returns the key by which manifests are put in order."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    rank = _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
    return rank, kind, metadata.get("namespace", ""), metadata["name"]
