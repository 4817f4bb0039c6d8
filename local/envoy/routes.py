"""HTTPRoutes, Services and BackendTLSPolicies as Envoy's routes and clusters.

A rule whose back end or policy can't be built answers 500, as with Envoy Gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.desired import Object
from local.envoy import parts
from local.envoy.parts import Json, typed
from local.envoy.policies import Traffic, duration, traffic
from local.envoy.scope import Scope, key_of_manifest, name_of, target_refs
from local.errors import LocalError
from local.supervisor.manifests import MissingError, RefusedError, find, namespace_of, only, selects, wellformed

Order = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Routes:
    """Collects what the routes of one Gateway's listener need."""

    scope: Scope
    folder: Path
    gateway: Object
    listener: Object
    clusters: dict[str, Json] = field(default_factory=dict)
    _hosts: dict[str, list[tuple[Order, Json]]] = field(default_factory=dict)

    def virtual_hosts(self) -> list[Json]:
        return [
            {"name": host, "domains": [host], "routes": [route for _, route in sorted(rules, key=lambda rule: rule[0])]}
            for host, rules in self._hosts.items()
        ]

    def add(self, route: Object) -> None:
        """Raises RefusedError, or MissingError when it is not for this Gateway."""
        where, namespace = "HTTPRoute.spec", namespace_of(route)
        spec = only(route["spec"], {"parentRefs", "hostnames", "rules"}, where)
        if not any(self._is_parent(parent, namespace) for parent in spec["parentRefs"]):
            raise MissingError("None of its parentRefs is a Gateway's listener that exists.")
        if not self._allowed(namespace):
            raise RefusedError(f"The Gateway's listener does not take routes of the namespace {namespace!r}.")
        served = self.listener.get("hostname")
        hostnames = spec.get("hostnames") or [served or "*"]
        if served and served not in hostnames:
            raise RefusedError(f"None of its hostnames is the listener's, which is {served!r}.")
        for index, rule in enumerate(spec["rules"]):
            action = self._action(route, rule, index)
            name = f"{namespace}/{name_of(route)}/{rule.get('name', index)}"
            for order, matcher in _matches(rule, f"{where}.rules.matches"):
                for host in [served] if served else hostnames:
                    self._hosts.setdefault(host, []).append((order, {"name": name, "match": matcher, **action}))

    def _is_parent(self, parent: Object, namespace: str) -> bool:
        wanted = parent.get("namespace", namespace), parent["name"]
        return wanted == (namespace_of(self.gateway), name_of(self.gateway)) and parent.get("sectionName") in (
            None,
            self.listener["name"],
        )

    def _allowed(self, namespace: str) -> bool:
        allowed = (
            only(self.listener.get("allowedRoutes") or {}, {"namespaces"}, "allowedRoutes").get("namespaces") or {}
        )
        match allowed.get("from", "Same"):
            case "All":
                return True
            case "Same":
                return namespace == namespace_of(self.gateway)
        labels = find(self.scope.objects, "Namespace", "", namespace)["metadata"].get("labels") or {}
        return selects(allowed["selector"], labels, "allowedRoutes.namespaces.selector")

    def _action(self, route: Object, rule: Object, index: int) -> Json:
        try:
            with wellformed():
                return {"route": self._forward(route, rule, index)}
        except LocalError as problem:
            self.scope.problems[key_of_manifest(route)] = problem
        return {"direct_response": {"status": 500}}

    def _forward(self, route: Object, rule: Object, index: int) -> Json:
        where = "HTTPRoute.spec.rules"
        only(rule, {"name", "matches", "backendRefs", "timeouts"}, where)
        policy, weights = self._traffic(route, rule), []
        for backend in rule["backendRefs"]:
            only(backend, {"group", "kind", "name", "port", "weight"}, f"{where}.backendRefs")
            service = self.scope.referred(backend, route, "Service")
            name = f"{namespace_of(route)}.{name_of(route)}.{index}.{name_of(service)}.{backend['port']}"
            self.clusters[name] = self._cluster(name, service, backend["port"], policy)
            weights.append({"name": name, "weight": backend.get("weight", 1)})
        if not any(each["weight"] for each in weights):
            raise MissingError("A rule has no back end with a weight above 0.")
        limit = only(rule.get("timeouts") or {}, {"request"}, f"{where}.timeouts")
        times = {"timeout": duration(limit["request"])} if limit else {}
        return {"weighted_clusters": {"clusters": weights}, **policy.route, **times}

    def _traffic(self, route: Object, rule: Object) -> Traffic:
        """Of the policy for this rule, else of that for the route."""
        found: dict[bool, Object] = {}
        for policy in self.scope.all("BackendTrafficPolicy"):
            for target in target_refs(policy):
                section = target.get("sectionName")
                wanted = ("HTTPRoute", namespace_of(route), name_of(route))
                same = (target["kind"], namespace_of(policy), target["name"]) == wanted
                if same and section in (None, rule.get("name")):
                    found[section is not None] = policy
        policy = found.get(True) or found.get(False) or {}
        return traffic(policy["spec"]) if policy else Traffic()

    def _cluster(self, name: str, service: Object, port: int, policy: Traffic) -> Json:
        if port not in [each["port"] for each in service["spec"]["ports"]]:
            raise MissingError(f"Service {name_of(service)!r} has no port {port}.")
        endpoints = endpoints_name(service, port)
        source = {"eds_config": parts.from_file(self.folder, f"eds-{endpoints}"), "service_name": endpoints}
        return typed(
            "config.cluster.v3.Cluster",
            name=name,
            type="EDS",
            eds_cluster_config=source,
            lb_policy="LEAST_REQUEST",
            transport_socket=self._to_pod(service),
            **{"connect_timeout": "3s", **policy.cluster},
        )

    def _to_pod(self, service: Object) -> Json:
        for policy in self.scope.all("BackendTLSPolicy"):
            if service in self.scope.targets(policy, "Service"):
                return pod_tls(self.scope, policy)
        raise MissingError(
            f"Service {name_of(service)!r} has no BackendTLSPolicy; the ingress speaks TLS to pods only."
        )


def endpoints_name(service: Object, port: int) -> str:
    return f"{namespace_of(service)}.{name_of(service)}.{port}"


def pod_tls(scope: Scope, policy: Object) -> Json:
    """TLS to pods whose certificate must be what the BackendTLSPolicy says. Raises RefusedError, MissingError."""
    where = "BackendTLSPolicy.spec"
    scope.targets(policy, "Service")
    spec = only(policy["spec"], {"targetRefs", "validation"}, where)
    validation = only(spec["validation"], {"caCertificateRefs", "hostname"}, f"{where}.validation")
    matcher = {"san_type": "DNS", "matcher": {"exact": validation["hostname"]}}
    trusted = {"inline_string": scope.authorities(validation["caCertificateRefs"], policy)}
    common = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "alpn_protocols": ["http/1.1"],
        "validation_context": {"trusted_ca": trusted, "match_typed_subject_alt_names": [matcher]},
    }
    message = "transport_sockets.tls.v3.UpstreamTlsContext"
    return parts.extension("transport_sockets.tls", message, sni=validation["hostname"], common_tls_context=common)


def _matches(rule: Object, where: str) -> Iterator[tuple[Order, Json]]:
    """Envoy's matchers, and where they stand: exact paths first, then longer prefixes, then methods."""
    for match in rule.get("matches") or [{}]:
        only(match, {"path", "method"}, where)
        path = match.get("path") or {}
        kind, value = path.get("type", "PathPrefix"), path.get("value", "/")
        prefix = value.rstrip("/")
        if kind == "Exact":
            matcher: Json = {"path": value}
        elif kind == "PathPrefix":
            matcher = {"path_separated_prefix": prefix} if prefix else {"prefix": "/"}
        else:
            raise RefusedError(f"{where}.path.type {kind!r} is not supported here; it must be Exact or PathPrefix.")
        if "method" in match:
            matcher["headers"] = [{"name": ":method", "string_match": {"exact": match["method"]}}]
        yield (kind != "Exact", -len(value), "method" not in match), matcher
