from __future__ import annotations

import pytest

from tests.support.program import STACKS, Declared, deployed

NAMESPACES = ["apps", "edge", "envoy-gateway-system"]


def policies(stack: str, namespace: str) -> dict[str, Declared]:
    found = deployed(stack, False).all("NetworkPolicy")
    return {p["metadata.name"]: p for p in found if p["metadata.namespace"] == namespace}


@pytest.mark.parametrize("stack", STACKS)
def test_every_namespace_admits_only_confined_pods(stack: str) -> None:
    namespaces = deployed(stack, False).all("core/v1:Namespace")
    assert sorted(n["metadata.name"] for n in namespaces) == NAMESPACES
    for namespace in namespaces:
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_nobody_speaks_to_anybody_unless_it_is_allowed(stack: str, namespace: str) -> None:
    deny = policies(stack, namespace)["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_dns_is_all_that_everybody_may_ask(namespace: str) -> None:
    dns = policies("prod", namespace)["dns"]["spec"]
    assert dns["podSelector"] == {}
    (rule,) = dns["egress"]
    assert {(port["protocol"], port["port"]) for port in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    assert peer["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}


@pytest.mark.parametrize("stack", STACKS)
def test_dns_may_be_asked_of_the_node_too(stack: str) -> None:
    """Azure's documentation of LocalDNS says so for Cilium, which takes no address of a NetworkPolicy for the node."""
    asked = {p["metadata.namespace"]: p for p in deployed(stack, False).all("CiliumNetworkPolicy")}
    assert sorted(asked) == NAMESPACES
    for policy in asked.values():
        ports = [{"port": "53", "protocol": "UDP"}, {"port": "53", "protocol": "TCP"}]
        assert policy["spec"] == {
            "endpointSelector": {},
            "egress": [{"toEntities": ["host"], "toPorts": [{"ports": ports}]}],
        }
        assert policy.delete_before_replace


def test_only_the_services_namespace_is_behind_the_ingress() -> None:
    labelled = [
        n["metadata.name"]
        for n in deployed("prod", False).all("core/v1:Namespace")
        if n["metadata"]["labels"].get("edge") == "true"
    ]
    assert labelled == ["apps"]
