"""Rules of the service mesh, where a cluster has one: pods take mutual TLS alone, of named callers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, Stack, expect, items

_CLUSTER = "azure-native:containerservice:ManagedCluster"
_NAMESPACE, _DEPLOYMENT = "kubernetes:core/v1:Namespace", "kubernetes:apps/v1:Deployment"
_PEERS = "kubernetes:security.istio.io/v1:PeerAuthentication"
_CALLERS = "kubernetes:security.istio.io/v1:AuthorizationPolicy"
_LISTENERS = "kubernetes:networking.istio.io/v1:Sidecar"
_REVISION = re.compile(r"asm-1-(\d+)")
WITHOUT_RIGHTS = 30
"""The minor version of Istio from which the add-on leads a pod's traffic to its side-car without rights in the pod."""
METRICS = "8444"
"""The one port that is not mutual TLS: Azure's agent for metrics can join no mesh."""


def _revisions(stack: Stack) -> set[str]:
    """Returns the revisions of the add-on in the stack's clusters; none where no cluster has it switched on."""
    return {
        revision
        for cluster in stack.of(_CLUSTER)
        if cluster.get("serviceMeshProfile.mode") == "Istio"
        for revision in items(cluster.get("serviceMeshProfile.istio.revisions"))
    }


def _without_selector(stack: Stack, type_: str) -> set[str]:
    """Returns the namespaces for all of whose pods there is such an object."""
    found = (each for each in stack.of(type_) if not each.get("spec.selector"))
    return {each.get("metadata.namespace") for each in found}


def services_join_the_mesh(stack: Stack) -> Iterator[Finding]:
    revisions = _revisions(stack)
    needed = {each.get("metadata.namespace") for each in stack.of(_DEPLOYMENT)} if revisions else set()
    strict, guarded = _without_selector(stack, _PEERS), _without_selector(stack, _CALLERS)
    for namespace in stack.of(_NAMESPACE):
        name, joined = namespace.get("metadata.name"), namespace.get("metadata.labels", {}).get("istio.io/rev")
        if name not in needed:
            continue
        if joined not in revisions:
            yield Finding(
                property="metadata.labels[istio.io/rev]",
                allowed=f"be one of {', '.join(sorted(revisions))}",
                given=joined,
                do="Give the Namespace the cluster's mesh.",
                resource=namespace,
            )
        for kind, there in (("PeerAuthentication", strict), ("AuthorizationPolicy", guarded)):
            if name not in there:
                yield Finding(
                    property="metadata.name",
                    allowed=f"have a {kind} for all of its pods",
                    given=name,
                    do="Use components.kubernetes.membership.Membership, which declares it.",
                    resource=namespace,
                )


def side_cars_need_no_rights(cluster: Resource) -> Iterator[Finding]:
    path = "serviceMeshProfile.istio.revisions"
    for revision in items(cluster.get(path)):
        found = _REVISION.fullmatch(str(revision))
        if found is None or int(found[1]) < WITHOUT_RIGHTS:
            yield Finding(
                property=path,
                allowed=f"name asm-1-{WITHOUT_RIGHTS} or later",
                given=revision,
                do="Raise cluster.meshRevisions in the stack's file.",
            )


def peers_show_certificates(peers: Resource) -> Iterator[Finding]:
    yield from expect(peers, "spec.mtls.mode", "STRICT", do="Set it, or whoever reaches the pod needs no certificate.")
    for port, mutual in peers.get("spec.portLevelMtls", {}).items():
        if port != METRICS and mutual.get("mode") != "STRICT":
            yield Finding(
                property=f"spec.portLevelMtls.{port}.mode",
                allowed="be STRICT",
                given=mutual.get("mode"),
                do=f"Leave the port out: {METRICS} alone, for metrics, is taken without mutual TLS.",
            )


def callers_in_the_mesh_are_named(callers: Resource) -> Iterator[Finding]:
    yield from expect(callers, "spec.action", "ALLOW", do="Set it: a policy that allows refuses all others.")
    for number, rule in enumerate(items(callers.get("spec.rules"))):
        to = [operation.get("operation", {}) for operation in items(rule.get("to"))]
        if to and all(each.get("ports") == [METRICS] for each in to):
            continue
        named = [each.get("source", {}).get("namespaces") for each in items(rule.get("from"))]
        if not named or any(not namespaces or "*" in namespaces for namespaces in named):
            yield Finding(
                property=f"spec.rules[{number}].from",
                allowed="name namespaces",
                given=rule.get("from"),
                do="Name the namespace of the ingress's Envoys.",
            )


def side_cars_open_the_pods_ports_only(listeners: Resource) -> Iterator[Finding]:
    for number, listener in enumerate(items(listeners.get("spec.ingress"))):
        if listener.get("port", {}).get("protocol") != "TLS":
            yield Finding(
                property=f"spec.ingress[{number}].port.protocol",
                allowed="be TLS",
                given=listener.get("port", {}).get("protocol"),
                do="Set it: the pod ends TLS itself, and the side-car passes it on.",
            )


_ISTIO = "https://istio.io/latest/docs"
RULES = (
    Rule(
        name="services-join-the-mesh",
        why="A namespace without the label, or without its rules, is outside of the mesh, or takes everybody",
        source=f"{_ISTIO}/concepts/security/#authentication-policies",
        types=(_CLUSTER, _NAMESPACE, _PEERS, _CALLERS),
        stack=services_join_the_mesh,
    ),
    Rule(
        name="side-cars-need-no-rights",
        why="Earlier revisions start a container with NET_ADMIN in each pod, which restricted namespaces refuse",
        source="https://learn.microsoft.com/azure/aks/istio-cni",
        types=(_CLUSTER,),
        resource=side_cars_need_no_rights,
    ),
    Rule(
        name="peers-show-certificates",
        why="PERMISSIVE takes plain connections, so that nobody has to be in the mesh",
        source=f"{_ISTIO}/reference/config/security/peer_authentication/",
        types=(_PEERS,),
        resource=peers_show_certificates,
    ),
    Rule(
        name="callers-in-the-mesh-are-named",
        why="A rule without a source admits every side-car, and what is without one",
        source=f"{_ISTIO}/reference/config/security/authorization-policy/",
        types=(_CALLERS,),
        resource=callers_in_the_mesh_are_named,
    ),
    Rule(
        name="side-cars-open-the-pods-ports-only",
        why="A listener that ends TLS would have the pod's requests in the clear",
        source=f"{_ISTIO}/reference/config/networking/sidecar/#IstioIngressListener",
        types=(_LISTENERS,),
        resource=side_cars_open_the_pods_ports_only,
    ),
)
