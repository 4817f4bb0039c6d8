"""A namespace that admits only confined pods, none of which may speak to anything but the cluster's DNS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, ResourceOptions

from components.kubernetes.access import ClusterAccess
from components.kubernetes.mesh import Mesh

meta, core, net = k8s.meta.v1, k8s.core.v1, k8s.networking.v1

BEHIND_THE_INGRESS = {"edge": "true"}
"""The label of the namespaces whose routes the ingress takes."""


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    access: ClusterAccess
    """The cluster that the namespace is in."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels besides those that confine its pods. Default: none."""
    mesh: Mesh | None = None
    """The service mesh that its pods join. Default: none."""


class Namespace(ComponentResource):
    """A namespace that has the component's name. What a pod may reach beyond DNS is in a NetworkPolicy of its own."""

    namespace: str
    """The namespace's name."""
    mesh: Mesh | None
    """The service mesh that its pods join; None where there is none."""

    def __init__(self, name: str, args: NamespaceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Namespace", name, {}, opts)
        self.namespace, self.mesh = name, args.mesh
        restricted = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
        namespace = core.Namespace(
            name,
            metadata=meta.ObjectMetaArgs(
                name=name, labels={**restricted, **args.labels, **(args.mesh.labels if args.mesh else {})}
            ),
            opts=args.access.inside(self),
        )
        everybody = meta.LabelSelectorArgs()
        within = args.access.inside(self, depends_on=[namespace])
        net.NetworkPolicy(
            f"{name}-default-deny",
            metadata=meta.ObjectMetaArgs(name="default-deny", namespace=name),
            spec=net.NetworkPolicySpecArgs(pod_selector=everybody, policy_types=["Ingress", "Egress"]),
            opts=within,
        )
        net.NetworkPolicy(
            f"{name}-dns",
            metadata=meta.ObjectMetaArgs(name="dns", namespace=name),
            spec=net.NetworkPolicySpecArgs(
                pod_selector=everybody,
                policy_types=["Egress"],
                egress=[
                    net.NetworkPolicyEgressRuleArgs(
                        to=[
                            net.NetworkPolicyPeerArgs(
                                namespace_selector=of_namespace("kube-system"),
                                pod_selector=meta.LabelSelectorArgs(match_labels={"k8s-app": "kube-dns"}),
                            )
                        ],
                        ports=[net.NetworkPolicyPortArgs(protocol=protocol, port=53) for protocol in ("UDP", "TCP")],
                    )
                ],
            ),
            opts=within,
        )
        # From Kubernetes 1.37 on, and on nodes that it makes itself from 1.36 on, Azure may answer DNS on the node
        # (LocalDNS, 169.254.10.10). For Cilium that is the host, which no address of a NetworkPolicy stands for
        # (https://learn.microsoft.com/azure/aks/localdns-custom, "Update Cilium Network Policies").
        k8s.apiextensions.CustomResource(
            f"{name}-node-dns",
            api_version="cilium.io/v2",
            kind="CiliumNetworkPolicy",
            metadata=meta.ObjectMetaArgs(name="node-dns", namespace=name),
            spec={
                "endpointSelector": {},
                "egress": [
                    {
                        "toEntities": ["host"],
                        "toPorts": [{"ports": [{"port": "53", "protocol": each} for each in ("UDP", "TCP")]}],
                    }
                ],
            },
            opts=args.access.inside(self, depends_on=[namespace], delete_before_replace=True),
        )
        self.register_outputs({"namespace": name})

    def host(self, service: str) -> str:
        """Returns the DNS name of a Service in the namespace."""
        return f"{service}.{self.namespace}.svc"


def of_namespace(name: str) -> meta.LabelSelectorArgs:
    """Returns a selector of one namespace, by the label that Kubernetes gives to each."""
    return meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": name})
