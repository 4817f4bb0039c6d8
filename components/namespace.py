"""A namespace that admits only confined pods and lets none of them speak to anybody, except to the cluster's DNS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, ResourceOptions

from components.cluster import Cluster

meta, core, net = k8s.meta.v1, k8s.core.v1, k8s.networking.v1

BEHIND_THE_INGRESS = {"edge": "true"}
"""Label of the namespaces whose routes the ingress takes."""


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    cluster: Cluster
    labels: Mapping[str, str] = field(default_factory=dict)


class Namespace(ComponentResource):
    """Named as the component. What a pod may do beyond DNS is in a NetworkPolicy of its own."""

    namespace: str

    def __init__(self, name: str, args: NamespaceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Namespace", name, {}, opts)
        self.namespace = name
        restricted = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
        namespace = core.Namespace(
            name,
            metadata=meta.ObjectMetaArgs(name=name, labels={**restricted, **args.labels}),
            opts=args.cluster.inside(self),
        )
        everybody = meta.LabelSelectorArgs()
        within = args.cluster.inside(self, depends_on=[namespace])
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
        self.register_outputs({"namespace": name})

    def host(self, service: str) -> str:
        """The DNS name of one of the namespace's Services."""
        return f"{service}.{self.namespace}.svc"


def of_namespace(name: str) -> meta.LabelSelectorArgs:
    """Selects the namespace by the label that Kubernetes gives to each."""
    return meta.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": name})
