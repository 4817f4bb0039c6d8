"""The service mesh: Istio's side-cars, of the add-on that Azure runs (docs/decisions/0022-a-mesh-of-side-cars.md).

In a namespace that joins, a pod takes connections from other side-cars alone, and of these from the ingress's alone
(membership.py). The pods' own TLS stays within: Envoy still checks the certificate of the service.
https://learn.microsoft.com/azure/aks/istio-about
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s

meta, net = k8s.meta.v1, k8s.networking.v1

CONTROL_PLANE, CONTROL_PLANE_PODS = "aks-istio-system", {"app": "istiod"}
"""Namespace and labels of Istio's control plane, which is Azure's."""
CONTROL_PLANE_PORT = 15012
"""The control plane's TCP port from which side-cars get configuration and certificates."""
METRICS_PORT = 8444
"""The TCP port at which side-cars take the agent that reads metrics, which is in no mesh, and pass it on to the pod."""
MEMBERS = {"crosscloud/mesh": "istio"}
"""The label of services' pods that join, whatever their revision: during an upgrade they have two."""
OUTSIDE = {"sidecar.istio.io/inject": "false"}
"""The label of a pod that gets no side-car: of one that nobody calls."""
_SIDE_CAR = {
    # Without a limit of processors, as the pods' own.
    "sidecar.istio.io/proxyCPU": "50m",
    "sidecar.istio.io/proxyMemory": "64Mi",
    "sidecar.istio.io/proxyMemoryLimit": "256Mi",
}


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """A mesh, as pods join it."""

    revision: str
    """The revision of Istio whose side-cars pods get, such as asm-1-31."""

    @property
    def labels(self) -> dict[str, str]:
        """Labels of a namespace that joins."""
        return {"istio.io/rev": self.revision}

    @property
    def pod_labels(self) -> dict[str, str]:
        """Labels of a service's pod that joins. In its template another revision rolls the pods."""
        return {**self.labels, **MEMBERS}

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations of a pod that joins: what its side-car needs."""
        return dict(_SIDE_CAR)

    def proxy(self, configuration_port: int) -> dict[str, Any]:
        """Returns the part of an Envoy's pod by which Envoy Gateway's proxies join.

        Connections to services go through the side-car. Those of callers do not, so that Envoy sees their addresses;
        neither do those to Envoy's controller.
        """
        by_itself = {
            "traffic.sidecar.istio.io/includeInboundPorts": "",
            "traffic.sidecar.istio.io/excludeOutboundPorts": str(configuration_port),
        }
        return {
            "labels": self.labels,
            "annotations": {**self.annotations, **by_itself},
            # For the side-car: Envoy Gateway gives a profile to its own containers alone.
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        }


def to_control_plane() -> net.NetworkPolicyEgressRuleArgs:
    """Allows what every side-car needs before its pod is ready."""
    peer = net.NetworkPolicyPeerArgs(
        namespace_selector=meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": CONTROL_PLANE}),
        pod_selector=meta.LabelSelectorArgs(match_labels=CONTROL_PLANE_PODS),
    )
    return net.NetworkPolicyEgressRuleArgs(
        to=[peer], ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=CONTROL_PLANE_PORT)]
    )
