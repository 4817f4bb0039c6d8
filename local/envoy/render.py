"""All of Envoy's configuration from the desired objects and the pods that serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from local.desired import Object
from local.envoy import edge, issuer, listener
from local.envoy.ingress import Endpoint, ingress
from local.envoy.parts import Files
from local.envoy.scope import Scope
from local.envoy.server import xds
from local.errors import LocalError
from local.machine import Machine
from local.supervisor.manifests import Objects, RefusedError, of_kind, wellformed

_OWNERS = {
    f"-{edge.NAME}": {"Stage", "Documentation"},
    f"-{listener.NAME}": {"Gateway", "HTTPRoute"},
    "cds": {"HTTPRoute", "BackendTrafficPolicy", "BackendTLSPolicy"},
    "eds-": {"Service"},
}


@dataclass(frozen=True, kw_only=True)
class Rendered:
    files: Files
    problems: Mapping[str, LocalError]
    """By object key: what keeps the object from taking effect."""


def render(machine: Machine, objects: Objects, endpoints: Sequence[Endpoint]) -> Rendered:
    scope = Scope(objects=objects)
    files = ingress(scope, machine, xds(machine), endpoints)
    stages = list(of_kind(objects, "Stage"))
    pages: Object = next((value["pages"] for _, value in of_kind(objects, "Documentation")), {})
    for key, stage in stages:
        try:
            if len(stages) > 1:
                raise RefusedError("The local stack has one public endpoint, so it takes one stage of one API only.")
            with wellformed():
                _merge(files, edge.gateway(machine, xds(machine), stage, pages))
        except (LocalError, OSError) as error:
            scope.problems[key] = LocalError(str(error))
    with suppress(FileNotFoundError):
        _merge(files, issuer.issuer(machine, xds(machine)))
    return Rendered(files=files, problems=scope.problems)


def owners(file: str, reason: str, objects: Objects) -> list[str]:
    """The objects that a file comes from which Envoy rejected for that reason."""
    kinds = set().union(*(kinds for part, kinds in _OWNERS.items() if part in file))
    if file == "lds":
        kinds = {"Stage"} if edge.NAME in reason else {"Gateway"}
    return [key for key in objects if key.split("/")[0] in kinds]


def _merge(files: Files, more: Files) -> None:
    for name, resources in more.items():
        files[name] = [*files.get(name, []), *resources]
