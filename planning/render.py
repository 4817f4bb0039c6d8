"""The Kubernetes manifests of a stack as files, offline.

The program runs as in a preview. Keys, certificates and passwords are made for this rendering; identities of Azure and
the digests of images are stand-ins. A cluster takes these manifests as it takes those of a deployment, but they are not
the same.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pulumi
import yaml

from planning.errors import PlanningError
from planning.makers import Maker, azure, random, tls
from planning.manifests import Manifest, manifest_of, status_of
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


def render(root: Path, stack: str, target: Path, *, config: dict[str, object] | None = None) -> list[Path]:
    """Writes one file per object into `target`, which must be new or empty, and returns them in order.

    Only their owner can read them: Secrets are among them. Raises PlanningError.
    """
    if target.exists() and any(target.iterdir()):
        raise PlanningError(f"{target} is not empty. Name a folder that is, or that does not exist yet.")
    recorder = Recorder(_MadeInMemory())
    try:
        run_program(root, stack, recorder, preview=True, config=config)
    except pulumi.RunError as error:
        raise PlanningError(str(error)) from error
    manifests = [manifest_of(plain(r.inputs), r.name) for r in recorder.record.resources if _is_manifest(r)]
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = []
    for number, manifest in enumerate(sorted(manifests, key=_position), start=1):
        path = target / f"{number:03}-{manifest['kind'].lower()}-{manifest['metadata']['name']}.yaml"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(manifest, sort_keys=False))
        paths.append(path)
    return paths


def _is_manifest(registration: Registration) -> bool:
    return registration.custom and registration.type.startswith("kubernetes:") and _CHARTS not in registration.type


def _position(manifest: Manifest) -> tuple[Any, ...]:
    """Returns the key by which manifests are put in order."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    rank = _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
    return rank, kind, metadata.get("namespace", ""), metadata["name"]
