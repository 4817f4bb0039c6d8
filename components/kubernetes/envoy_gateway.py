"""Envoy Gateway: the controller that turns Gateway API objects into Envoys, in a namespace that it shares with them.

Chart and manifests: https://gateway.envoyproxy.io/docs/install/install-helm/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Resource, ResourceOptions

from components.kubernetes.access import ClusterAccess
from components.kubernetes.mesh import Mesh, to_control_plane
from components.kubernetes.namespace import BEHIND_THE_INGRESS, Namespace, NamespaceArgs, of_namespace
from components.kubernetes.pod import PORT as POD_PORT
from components.kubernetes.spreading import spread
from components.settings.ingress import IngressSettings

meta, net = k8s.meta.v1, k8s.networking.v1

VERSION = "v1.9.1"
"""The version of the charts, and so of the controller."""
ENVOY_VERSION = "distroless-v1.39.1"
"""The Envoy that the controller of this version starts by itself."""
IMAGES = (f"envoyproxy/gateway:{VERSION}", f"envoyproxy/envoy:{ENVOY_VERSION}")
"""The images that nodes pull for it: of the controller, which also makes certificates and ends Envoys, and of Envoy. A
mirror has them by these names. The chart names a third one, for limits that Envoys share; the program declares none."""
NAMESPACE = "envoy-gateway-system"
"""The namespace of the controller and of every Envoy."""
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
"""The name by which a GatewayClass says that this controller serves it."""

CONTROLLER_PODS = {"control-plane": "envoy-gateway"}
"""Labels of the controller's pods."""
CERTIFICATE_JOB = {"app": "certgen"}
"""Labels of the pod that makes the controller's certificates."""
PROXY_PODS = {"app.kubernetes.io/component": "proxy"}
"""Labels of the Envoys."""
CONFIGURATION_PORT = 18000
"""The controller's TCP port from which the Envoys get their configuration."""
UNPRIVILEGED = 10_000
"""The number that Envoy adds to the Gateway's port when that is below 1024, where only root may listen."""


def listening_port(port: int) -> int:
    """Returns the port on which an Envoy's pod listens for the Gateway's `port`."""
    return port + UNPRIVILEGED if port < 1024 else port


def proxy_labels(gateway: str, namespace: str) -> dict[str, str]:
    """Returns the labels of the Envoys of one Gateway."""
    return {
        **PROXY_PODS,
        "gateway.envoyproxy.io/owning-gateway-name": gateway,
        "gateway.envoyproxy.io/owning-gateway-namespace": namespace,
    }


def proxies_of(gateway: str, namespace: str) -> net.NetworkPolicyPeerArgs:
    """Returns the Envoys of one Gateway, as the peer of a NetworkPolicy."""
    labels = meta.LabelSelectorArgs(match_labels=proxy_labels(gateway, namespace))
    return net.NetworkPolicyPeerArgs(namespace_selector=of_namespace(NAMESPACE), pod_selector=labels)


def proxy_deployment(gateway: str, namespace: str, settings: IngressSettings, mesh: Mesh | None) -> dict[str, Any]:
    """Returns the `envoyDeployment` of a Gateway's EnvoyProxy: its Envoys' spread, mesh, and image of a mirror.

    What the chart says of all Gateways does not reach one that has an EnvoyProxy of its own.
    """
    pod: dict[str, Any] = {"topologySpreadConstraints": spread(proxy_labels(gateway, namespace))}
    if mesh:
        pod |= mesh.proxy(CONFIGURATION_PORT)
    if settings.image_registry is None:
        return {"pod": pod}
    return {"pod": pod, "container": {"image": f"{settings.image_registry}/envoyproxy/envoy:{ENVOY_VERSION}"}}


@dataclass(frozen=True, kw_only=True)
class EnvoyGatewayArgs:
    access: ClusterAccess
    """The cluster to install it in."""
    settings: IngressSettings
    """The Gateway's port, and where charts and images come from: the group `ingress` of the stack's file."""
    mesh: Mesh | None
    """The service mesh that the Envoys join, to reach services in it. None: there is none."""


class EnvoyGateway(ComponentResource):
    """The controller and its definitions of kinds, in a namespace that only lets them speak to each other."""

    def __init__(self, name: str, args: EnvoyGatewayArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:EnvoyGateway", name, {}, opts)
        self._access = args.access
        namespace = Namespace(NAMESPACE, NamespaceArgs(access=args.access), ResourceOptions(parent=self))
        policies = [
            self._policy("controller", CONTROLLER_PODS, [_from_proxies()], [_to_api_server()], namespace),
            # Makes the certificates of the controller and its Envoys before each installation.
            self._policy("certgen", CERTIFICATE_JOB, [], [_to_api_server()], namespace),
            self._policy(
                "proxy",
                PROXY_PODS,
                [net.NetworkPolicyIngressRuleArgs(ports=[_tcp(listening_port(args.settings.port))])],
                [_to_controller(), _to_services(), *([to_control_plane()] if args.mesh else [])],
                namespace,
            ),
        ]
        # A chart of its own, because Helm never upgrades CRDs; of the standard channel, which is what will be kept.
        definitions = k8s.helm.v4.Chart(
            f"{name}-crds",
            chart=f"{args.settings.charts}/gateway-crds-helm",
            version=VERSION,
            values={
                "crds": {"gatewayAPI": {"enabled": True, "channel": "standard"}, "envoyGateway": {"enabled": True}}
            },
            opts=args.access.inside(self),
        )
        # A release, because the chart has a hook, which helm.v4.Chart leaves out.
        k8s.helm.v3.Release(
            name,
            name=name,
            chart=f"{args.settings.charts}/gateway-helm",
            version=VERSION,
            namespace=NAMESPACE,
            skip_crds=True,
            atomic=True,
            timeout=600,
            values={
                "crds": {"enabled": False},
                # The chart puts it into the names of the controller's images and of those that the controller starts.
                **({"global": {"imageRegistry": mirror}} if (mirror := args.settings.image_registry) else {}),
                "deployment": {"replicas": 2, "pod": {"topologySpreadConstraints": spread(CONTROLLER_PODS)}},
                "podDisruptionBudget": {"minAvailable": 1},
                # Its webhook would have to be reachable for the API server.
                "topologyInjector": {"enabled": False},
            },
            opts=args.access.inside(self, depends_on=[definitions, *policies]),
        )
        self.register_outputs({"version": VERSION})

    def _policy(
        self,
        name: str,
        pods: dict[str, str],
        ingress: list[net.NetworkPolicyIngressRuleArgs],
        egress: list[net.NetworkPolicyEgressRuleArgs],
        namespace: Resource,
    ) -> net.NetworkPolicy:
        return net.NetworkPolicy(
            f"{NAMESPACE}-{name}",
            metadata=meta.ObjectMetaArgs(name=name, namespace=NAMESPACE),
            spec=net.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=pods),
                policy_types=["Ingress", "Egress"],
                ingress=ingress,
                egress=egress,
            ),
            opts=self._access.inside(self, depends_on=[namespace]),
        )


def _tcp(port: int) -> net.NetworkPolicyPortArgs:
    return net.NetworkPolicyPortArgs(protocol="TCP", port=port)


def _from_proxies() -> net.NetworkPolicyIngressRuleArgs:
    peer = net.NetworkPolicyPeerArgs(pod_selector=meta.LabelSelectorArgs(match_labels=PROXY_PODS))
    return net.NetworkPolicyIngressRuleArgs(from_=[peer], ports=[_tcp(CONFIGURATION_PORT)])


def _to_controller() -> net.NetworkPolicyEgressRuleArgs:
    peer = net.NetworkPolicyPeerArgs(pod_selector=meta.LabelSelectorArgs(match_labels=CONTROLLER_PODS))
    return net.NetworkPolicyEgressRuleArgs(to=[peer], ports=[_tcp(CONFIGURATION_PORT)])


def _to_services() -> net.NetworkPolicyEgressRuleArgs:
    peer = net.NetworkPolicyPeerArgs(namespace_selector=meta.LabelSelectorArgs(match_labels=BEHIND_THE_INGRESS))
    return net.NetworkPolicyEgressRuleArgs(to=[peer], ports=[_tcp(POD_PORT)])


def _to_api_server() -> net.NetworkPolicyEgressRuleArgs:
    """Allows the API server by its ports alone.

    With Cilium an address range never matches it (https://learn.microsoft.com/azure/aks/azure-cni-powered-by-cilium).
    """
    return net.NetworkPolicyEgressRuleArgs(ports=[_tcp(443), _tcp(6443)])
