"""Gateway API and Envoy Gateway objects as Envoy's configuration.

One Gateway with one HTTPS listener and client certificates, TLS on to the pods: that is what this machine has, and
anything else is refused (https://gateway-api.sigs.k8s.io/reference/spec/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.desired import Object
from local.envoy import parts
from local.envoy.listener import NAME, declared, listen
from local.envoy.parts import Files, typed
from local.envoy.policies import traffic
from local.envoy.routes import Routes, endpoints_name, pod_tls
from local.envoy.scope import Scope
from local.machine import Machine
from local.supervisor.manifests import RefusedError, namespace_of, only


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A pod that serves."""

    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[str | int, int]


def ingress(scope: Scope, machine: Machine, folder: Path, endpoints: Sequence[Endpoint]) -> Files:
    """Resources by file; what is wrong with which object is in the scope."""
    files: Files = {"lds": [], "cds": []}
    for service in scope.all("Service"):
        with scope.checking(service):
            files |= _endpoints(service, endpoints)
    for policy in scope.all("BackendTLSPolicy"):
        with scope.checking(policy):
            pod_tls(scope, policy)
    for policy in scope.all("BackendTrafficPolicy"):
        with scope.checking(policy):
            traffic(policy["spec"])
            scope.targets(policy, "HTTPRoute")
    for number, gateway in enumerate(scope.all("Gateway")):
        with scope.checking(gateway):
            if number:
                raise RefusedError("The local stack has one ingress port, so it takes one Gateway only.")
            routes = Routes(scope=scope, folder=folder, gateway=gateway, listener=declared(scope, gateway))
            for route in scope.all("HTTPRoute"):
                with scope.checking(route):
                    routes.add(route)
            files |= listen(scope, machine, folder, gateway)
            files |= {
                "cds": list(routes.clusters.values()),
                f"rds-{NAME}": [parts.routes(NAME, routes.virtual_hosts())],
            }
    return files


def _endpoints(service: Object, endpoints: Sequence[Endpoint]) -> Files:
    spec = only(service["spec"], {"selector", "ports", "type"}, "Service.spec")
    if spec.get("type", "ClusterIP") != "ClusterIP":
        raise RefusedError("The local stack knows Services of the type ClusterIP only.")
    files: Files = {}
    for port in spec["ports"]:
        target = port.get("targetPort", port["port"])
        hosts = [
            {"endpoint": {"address": parts.address(pod.ports[target])}}
            for pod in endpoints
            if pod.namespace == namespace_of(service)
            and target in pod.ports
            and spec["selector"].items() <= pod.labels.items()
        ]
        name = endpoints_name(service, port["port"])
        locality = {"locality": {"zone": "local"}, "lb_endpoints": hosts}
        assignment = typed("config.endpoint.v3.ClusterLoadAssignment", cluster_name=name, endpoints=[locality])
        files[f"eds-{name}"] = [assignment]
    return files
