"""The rules of a namespace in the service mesh: mutual TLS from everybody, and nobody but the ingress.

https://istio.io/latest/docs/reference/config/security/
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, ResourceOptions

from components.kubernetes.access import ClusterAccess
from components.kubernetes.envoy_gateway import NAMESPACE as PROXIES
from components.kubernetes.gateway_objects import Spec
from components.kubernetes.mesh import MEMBERS, METRICS_PORT, to_control_plane
from components.kubernetes.namespace import Namespace
from components.kubernetes.pod import PORT

meta, net = k8s.meta.v1, k8s.networking.v1


@dataclass(frozen=True, kw_only=True)
class MembershipArgs:
    access: ClusterAccess
    """The cluster of the mesh."""
    namespace: Namespace
    """The namespace that joins, with the services' pods."""


class Membership(ComponentResource):
    """The rules of a namespace that joins: mutual TLS from everybody, and nobody but the ingress."""

    def __init__(self, name: str, args: MembershipArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Membership", name, {}, opts)
        self._args = args
        within = args.access.inside(self, depends_on=[args.namespace])
        net.NetworkPolicy(
            f"{name}-mesh",
            metadata=meta.ObjectMetaArgs(name="mesh", namespace=args.namespace.namespace),
            spec=net.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=MEMBERS),
                policy_types=["Egress"],
                egress=[to_control_plane()],
            ),
            opts=within,
        )
        security, networking = "security.istio.io/v1", "networking.istio.io/v1"
        strict = {"mtls": {"mode": "STRICT"}}
        self._object("strict", "PeerAuthentication", security, strict)
        # The agent is Azure's and has no side-car. A NetworkPolicy lets nobody else to this port.
        for_agent = {"portLevelMtls": {str(METRICS_PORT): {"mode": "DISABLE"}}}
        selected = {"selector": {"matchLabels": MEMBERS}}
        self._object("metrics", "PeerAuthentication", security, {**selected, **strict, **for_agent})
        self._object("callers", "AuthorizationPolicy", security, self._callers())
        self._object("ports", "Sidecar", networking, self._ports())
        self.register_outputs({})

    def _callers(self) -> Spec:
        ingress = {
            "from": [{"source": {"namespaces": [PROXIES]}}],
            "to": [{"operation": {"ports": [str(PORT)]}}],
        }
        agent = {"to": [{"operation": {"ports": [str(METRICS_PORT)]}}]}
        return {"action": "ALLOW", "rules": [ingress, agent]}

    def _ports(self) -> Spec:
        """Returns what side-cars listen for, both with the pod's own TLS in it: they pass on bytes."""
        pod = f"0.0.0.0:{PORT}"
        return {
            "ingress": [
                {"port": {"number": number, "protocol": "TLS", "name": name}, "defaultEndpoint": pod}
                for number, name in ((PORT, "tls-pod"), (METRICS_PORT, "tls-metrics"))
            ]
        }

    def _object(self, name: str, kind: str, version: str, spec: Spec) -> None:
        k8s.apiextensions.CustomResource(
            f"{self._args.namespace.namespace}-{name}",
            api_version=version,
            kind=kind,
            metadata=meta.ObjectMetaArgs(name=name, namespace=self._args.namespace.namespace),
            spec=spec,
            opts=self._args.access.inside(self, depends_on=[self._args.namespace], delete_before_replace=True),
        )
