"""The cluster's ingress: one Gateway with one HTTPS listener, its callers known by certificate, TLS on to the pods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.envoy.template import Files
from local.kubernetes.listener import NAME, listen
from local.kubernetes.manifests import RefusedError
from local.kubernetes.references import References
from local.kubernetes.routes import Endpoint, Routes
from local.machine import Machine

OWNERS = {
    "lds": {"Gateway"},
    "cds": {"HTTPRoute", "BackendTrafficPolicy", "BackendTLSPolicy"},
    f"rds-{NAME}": {"Gateway", "HTTPRoute"},
    f"sds-{NAME}": {"Gateway", "HTTPRoute"},
    "eds-": {"Service"},
}
"""The kinds that a file comes from, by the beginning of the file's name."""


def ingress(references: References, machine: Machine, folder: Path, endpoints: Sequence[Endpoint]) -> Files:
    """Returns Envoy's resources, and leaves what is wrong with which object in `references.problems`."""
    files: Files = {"lds": [], "cds": []}
    for kind in ("BackendTLSPolicy", "BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy"):
        for policy in references.sound(kind):
            with references.checking(policy):
                references.targets(policy)
    for number, gateway in enumerate(references.sound("Gateway")):
        with references.checking(gateway):
            if number:
                raise RefusedError("The local stack has one ingress port, so it takes one Gateway only.")
            if len(gateway["spec"]["listeners"]) != 1:
                raise RefusedError("The local stack has one ingress port, so a Gateway has one listener.")
            routes = Routes(references=references, folder=folder, gateway=gateway, endpoints=endpoints)
            for route in references.sound("HTTPRoute"):
                with references.checking(route):
                    routes.add(route)
            files = {**routes.clusters, **listen(references, machine, folder, gateway, routes.ordered())}
    return files
