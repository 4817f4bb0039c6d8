"""Rules of namespaces: what pods in them may be, and whom they may talk to."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from typing import Any

from policy.rule import Finding, Resource, Rule, Stack, expect, items

_NAMESPACE = "kubernetes:core/v1:Namespace"
_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_CILIUM = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
_NODE_DNS = [{"toEntities": ["host"], "toPorts": [{"ports": [{"port": "53", "protocol": p} for p in ("UDP", "TCP")]}]}]
"""The connections that a policy of Cilium allows all pods: to the node they are on, at the port of DNS."""
_ROLES = ("kubernetes:rbac.authorization.k8s.io/v1:Role", "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole")
_ENFORCE = "pod-security.kubernetes.io/enforce"
AZURES_OWN = "kube-system"
"""The namespace whose pods and flows are Azure's; a stack puts configuration there only."""
_LOCAL_DNS = "https://learn.microsoft.com/azure/aks/localdns-custom"
_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
"""Networks that are not the internet: the cluster's addresses, the network's, the cloud's metadata service."""


def namespaces_admit_confined_pods_only(namespace: Resource) -> Iterator[Finding]:
    labels = namespace.get("metadata.labels", {})
    if labels.get(_ENFORCE) != "restricted":
        yield Finding(
            property=f"metadata.labels[{_ENFORCE}]",
            allowed='be "restricted"',
            given=labels.get(_ENFORCE),
            do="Use components.kubernetes.namespace.Namespace, which sets it.",
        )


def namespaces_deny_by_default(stack: Stack) -> Iterator[Finding]:
    denied = {policy.get("metadata.namespace") for policy in stack.of(_POLICY) if _denies_everything(policy)}
    namespaces = {resource.get("metadata.name"): resource for resource in stack.of(_NAMESPACE)}
    for resource in stack.resources:
        used = resource.get("metadata.namespace") if resource.type.startswith("kubernetes:") else None
        if isinstance(used, str) and "<" not in used and used != AZURES_OWN:
            namespaces.setdefault(used, resource)
    for name, resource in namespaces.items():
        if name not in denied:
            yield Finding(
                property="metadata.name" if resource.type == _NAMESPACE else "metadata.namespace",
                allowed="have a NetworkPolicy for all pods that allows nothing",
                given=name,
                do="Use components.kubernetes.namespace.Namespace, which declares it.",
                resource=resource,
            )


def flows_are_named(policy: Resource) -> Iterator[Finding]:
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(items(policy.get(f"spec.{direction}"))):
            path = f"spec.{direction}[{number}]"
            if not rule.get(peers):
                yield Finding(
                    property=f"{path}.{peers}",
                    allowed="name pods, namespaces or networks",
                    given=rule.get(peers),
                    do="Select the peer by its labels.",
                )
            ports = items(rule.get("ports"))
            if not ports or any(port.get("port") is None for port in ports):
                yield Finding(
                    property=f"{path}.ports", allowed="name ports", given=rule.get("ports"), do="Name the peer's port."
                )
            for peer in items(rule.get(peers)):
                yield from _reach(f"{path}.{peers}", peer)


def namespaces_reach_the_nodes_dns(stack: Stack) -> Iterator[Finding]:
    reached = {
        policy.get("metadata.namespace") for policy in stack.of(_CILIUM) if policy.get("spec.endpointSelector") == {}
    }
    for namespace in stack.of(_NAMESPACE):
        if namespace.get("metadata.name") not in reached:
            yield Finding(
                property="metadata.name",
                allowed="have a CiliumNetworkPolicy for all pods that allows the node's DNS",
                given=namespace.get("metadata.name"),
                do="Use components.kubernetes.namespace.Namespace, which declares it.",
                resource=namespace,
            )


def cilium_allows_the_nodes_dns_only(policy: Resource) -> Iterator[Finding]:
    spec = dict(policy.get("spec", {}))
    if spec.pop("egress", None) != _NODE_DNS or set(spec) != {"endpointSelector"}:
        yield Finding(
            property="spec",
            allowed="allow port 53 of the host and nothing else",
            given=policy.get("spec"),
            do="Allow everything else by a NetworkPolicy, which the rules here read.",
        )


def _reach(path: str, peer: dict[str, Any]) -> Iterator[Finding]:
    block = peer.get("ipBlock", {})
    if "cidr" in block and ip_network(block["cidr"]).prefixlen == 0:
        excepted = [IPv4Network(each) for each in block.get("except", []) if "." in each]
        missing = [n for n in PRIVATE if not any(IPv4Network(n).subnet_of(each) for each in excepted)]
        if missing:
            yield Finding(
                property=f"{path}.ipBlock",
                allowed=f"except {', '.join(missing)}",
                given=block,
                do="Name the networks that are meant, or except what is inside.",
            )
    whole = [key for key in ("namespaceSelector", "podSelector") if key in peer and _everything(peer[key])]
    if whole and ("namespaceSelector" in whole or "namespaceSelector" not in peer):
        yield Finding(property=path, allowed="not select everything", given=peer, do="Select the peer by its labels.")


def _everything(selector: dict[str, Any]) -> bool:
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def _denies_everything(policy: Resource) -> bool:
    spec = policy.get("spec", {})
    return (
        spec.get("podSelector") == {}
        and set(items(spec.get("policyTypes"))) == {"Ingress", "Egress"}
        and not spec.get("ingress")
        and not spec.get("egress")
    )


def cluster_roles_are_named(role: Resource) -> Iterator[Finding]:
    for number, rule in enumerate(items(role.get("rules"))):
        for key in ("apiGroups", "resources", "verbs"):
            if "*" in items(rule.get(key)):
                yield Finding(
                    property=f"rules[{number}].{key}",
                    allowed="hold no *",
                    given=rule.get(key),
                    do="Name what is used.",
                )


def accounts_mount_no_token(account: Resource) -> Iterator[Finding]:
    yield from expect(
        account, "automountServiceAccountToken", False, do="Set it: a service does not talk to the API server."
    )


RULES = (
    Rule(
        name="namespaces-admit-confined-pods-only",
        why="The API server then refuses a pod that could leave its container, whoever creates it",
        source="https://kubernetes.io/docs/concepts/security/pod-security-admission/",
        types=(_NAMESPACE,),
        resource=namespaces_admit_confined_pods_only,
    ),
    Rule(
        name="namespaces-deny-by-default",
        why="Traffic that nobody thought of is then refused, also for pods that come later",
        source=f"{_POLICIES}/#default-deny-all-ingress-and-all-egress-traffic",
        types=(_NAMESPACE, _POLICY),
        stack=namespaces_deny_by_default,
    ),
    Rule(
        name="flows-are-named",
        why="A rule without a peer or a port admits everybody or everything",
        source=f"{_POLICIES}/#behavior-of-to-and-from-selectors",
        types=(_POLICY,),
        resource=flows_are_named,
    ),
    Rule(
        name="namespaces-reach-the-nodes-dns",
        why="Azure may answer DNS on the node (LocalDNS), and for Cilium a NetworkPolicy never stands for the node",
        source=_LOCAL_DNS,
        types=(_NAMESPACE, _CILIUM),
        stack=namespaces_reach_the_nodes_dns,
    ),
    Rule(
        name="cilium-allows-the-nodes-dns-only",
        why="Allowances add up: one of Cilium passes by what NetworkPolicies refuse",
        source="https://docs.cilium.io/en/stable/security/policy/intro/",
        types=(_CILIUM,),
        resource=cilium_allows_the_nodes_dns_only,
    ),
    Rule(
        name="cluster-roles-are-named",
        why="A wildcard grants what is installed tomorrow, secrets included",
        source="https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
        types=_ROLES,
        resource=cluster_roles_are_named,
    ),
    Rule(
        name="accounts-mount-no-token",
        why="A token in a pod is a way into the API server for whoever takes over the pod",
        source="https://kubernetes.io/docs/concepts/security/service-accounts/#opt-out-of-api-credential-automounting",
        types=("kubernetes:core/v1:ServiceAccount",),
        resource=accounts_mount_no_token,
    ),
)
