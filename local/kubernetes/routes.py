"""HTTPRoutes with their Services and policies as Envoy's routes, clusters and endpoints.

A rule whose back end or policy can't be built answers 500, as with Envoy Gateway. Fields and defaults:
https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicy
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.desired import Object
from local.envoy.template import Files, Json, fill, from_file
from local.kubernetes.manifests import (
    MissingError,
    RefusedError,
    in_seconds,
    name_of,
    namespace_of,
    selects,
)
from local.kubernetes.probes import LOOPBACK
from local.kubernetes.references import References


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A pod that serves."""

    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[str | int, int]
    """Ports of this machine by the container ports' names and numbers."""


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Collects the routes of one Gateway's listener and the clusters that they lead to."""

    references: References
    folder: Path
    gateway: Object
    endpoints: Sequence[Endpoint]
    clusters: Files = field(default_factory=lambda: {"cds": []})
    """The clusters and their endpoints, by file."""
    _rules: list[tuple[Any, Json]] = field(default_factory=list)

    def ordered(self) -> list[Json]:
        """Returns the routes: longer prefixes come first, and with equal ones those with a method."""
        return [rule for _, rule in sorted(self._rules, key=lambda rule: rule[0])]

    def add(self, route: Object) -> None:
        """Adds a route. Raises RefusedError, or MissingError when it is not for this Gateway."""
        spec, namespace = route["spec"], namespace_of(route)
        (listener,) = self.gateway["spec"]["listeners"]
        mine = namespace_of(self.gateway), name_of(self.gateway), listener["name"]
        parents = [
            (p.get("namespace", namespace), p["name"], p.get("sectionName", mine[2])) for p in spec["parentRefs"]
        ]
        if mine not in parents:
            raise MissingError("None of its parentRefs is a Gateway's listener that exists.")
        labels = self.references.find("Namespace", "", namespace)["metadata"].get("labels") or {}
        if not selects(listener["allowedRoutes"]["namespaces"]["selector"], labels):
            raise RefusedError(f"The Gateway's listener does not take routes of the namespace {namespace!r}.")
        if listener["hostname"] not in spec["hostnames"]:
            raise RefusedError(f"None of its hostnames is the listener's, which is {listener['hostname']!r}.")
        for index, rule in enumerate(spec["rules"]):
            name = f"{namespace}/{name_of(route)}/{rule['name']}"
            action = self._action(route, rule, index)
            for match in rule["matches"]:
                order = -len(match["path"]["value"]), "method" not in match
                self._rules.append((order, {**action, "name": name, "match": _matcher(match)}))

    def _action(self, route: Object, rule: Object, index: int) -> Json:
        """Returns what a rule does with a request."""
        action: list[Json] = []
        with self.references.checking(route):
            action.append(self._forward(route, rule, index))
        return action[0] if action else {"direct_response": {"status": 500}}

    def _forward(self, route: Object, rule: Object, index: int) -> Json:
        policies = [self.references.policy("BackendTrafficPolicy", route, name) for name in (rule["name"], None)]
        policy = next(filter(None, policies), None)
        if policy is None:
            raise MissingError(f"HTTPRoute {name_of(route)!r} has no BackendTrafficPolicy for {rule['name']!r}.")
        spec, weights = in_seconds(policy["spec"]), []
        for backend in rule["backendRefs"]:
            service = self.references.find("Service", namespace_of(route), backend["name"])
            name = f"{namespace_of(route)}.{name_of(route)}.{index}.{name_of(service)}.{backend['port']}"
            self._add_cluster(name, service, backend["port"], spec)
            weights.append({"name": name, "weight": backend.get("weight", 1)})
        if not any(cluster["weight"] for cluster in weights):
            raise MissingError("A rule has no back end with a weight above 0.")
        pause = spec["retry"].get("perRetry", {}).get("backOff")
        forward: Json = fill(
            "ingress_route",
            name=None,
            match=None,
            weights=weights,
            policy=spec,
            triggers=",".join(spec["retry"]["retryOn"]["triggers"]),
            pause=pause and {"base_interval": pause["baseInterval"], "max_interval": pause["maxInterval"]},
        )
        return forward

    def _add_cluster(self, name: str, service: Object, number: int, policy: Object) -> None:
        port = next((port for port in service["spec"]["ports"] if port["port"] == number), None)
        if port is None:
            raise MissingError(f"Service {name_of(service)!r} has no port {number}.")
        tls = self.references.policy("BackendTLSPolicy", service)
        if tls is None:
            raise MissingError(f"Service {name_of(service)!r} has no BackendTLSPolicy; pods are reached by TLS only.")
        validation, passive = tls["spec"]["validation"], policy["healthCheck"]["passive"]
        # A number of 0 errors switches that rule off.
        rules = {"gateway": passive["consecutiveGatewayErrors"], "pod": passive["consecutive5XxErrors"]}
        least = {"consecutiveGatewayErrors": rules["gateway"] or 1, "consecutive5XxErrors": rules["pod"] or 1}
        cluster = fill(
            "pods",
            name=name,
            eds_file=from_file(self.folder, f"eds-{name}"),
            policy=policy,
            passive={**passive, **least},
            enforced={rule: 100 if errors else 0 for rule, errors in rules.items()},
            validation=validation,
            authorities=self.references.authorities(validation["caCertificateRefs"], namespace_of(tls)),
        )
        self.clusters["cds"].append(cluster)
        self.clusters[f"eds-{name}"] = [fill("endpoints", name=name, pods=self._pods(service, port))]

    def _pods(self, service: Object, port: Object) -> list[Json]:
        """Returns the addresses of the pods that a Service selects."""
        target = port["targetPort"] if "targetPort" in port else port["port"]
        addresses = [
            {"address": LOOPBACK, "port_value": pod.ports[target]}
            for pod in self.endpoints
            if pod.namespace == namespace_of(service)
            and target in pod.ports
            and service["spec"]["selector"].items() <= pod.labels.items()
        ]
        return [{"endpoint": {"address": {"socket_address": address}}} for address in addresses]


def _matcher(match: Object) -> Json:
    prefix = match["path"]["value"].rstrip("/")
    matcher: Json = {"path_separated_prefix": prefix} if prefix else {"prefix": "/"}
    if "method" in match:
        matcher["headers"] = [{"name": ":method", "string_match": {"exact": match["method"]}}]
    return matcher
