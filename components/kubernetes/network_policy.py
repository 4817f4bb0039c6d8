"""The connections that a service's pods may accept and make: all others are denied in their namespace."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from urllib.parse import urlsplit

import pulumi_kubernetes as k8s

from components.kubernetes.envoy_gateway import proxies_of
from components.kubernetes.gateway_objects import GatewayReference
from components.kubernetes.mesh import METRICS_PORT, Mesh
from components.kubernetes.namespace import of_namespace
from components.kubernetes.pod import PORT_NAME

meta, net = k8s.meta.v1, k8s.networking.v1

AGENT_NAMESPACE, AGENT_PODS = "kube-system", {"rsName": "ama-metrics"}
"""Namespace and labels of the agent of managed Prometheus that reads the pods' metrics; another one reads the nodes'
(https://github.com/Azure/prometheus-collector)."""

NOT_THE_INTERNET = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
"""Networks that no address of the internet is in."""


def flows(
    service: str,
    *,
    gateway: GatewayReference,
    databases: IPv4Network,
    database_port: int,
    entra: bool,
    collector: str | None = None,
    mesh: Mesh | None = None,
) -> net.NetworkPolicySpecArgs:
    """Returns the policy of a service's pods.

    They are reached by the Envoys of the gateway, and by the cluster's agent for metrics: policies know ports, not
    paths, and metrics are on the one port that a pod has. They reach the databases' subnet; with `entra` the tokens of
    Entra, which is on the internet and has no fixed addresses; and the OpenTelemetry collector at the URL `collector`.
    In a `mesh` the agent, which is not in it, has a port of its own.
    """
    out = _to_database(databases, database_port, entra=entra)
    if collector is not None:
        out.append(_to_collector(collector))
    proxies, agent = proxies_of(gateway.name, gateway.namespace), _agent()
    return net.NetworkPolicySpecArgs(
        pod_selector=meta.LabelSelectorArgs(match_labels={"app": service}),
        policy_types=["Ingress", "Egress"],
        ingress=(
            [_from([proxies], PORT_NAME), _from([agent], METRICS_PORT)]
            if mesh
            else [_from([proxies, agent], PORT_NAME)]
        ),
        egress=out,
    )


def database_flows(
    labels: Mapping[str, str], *, databases: IPv4Network, database_port: int, entra: bool
) -> net.NetworkPolicySpecArgs:
    """Returns the policy of pods that nobody reaches and that reach a database: with `entra` its tokens too."""
    return net.NetworkPolicySpecArgs(
        pod_selector=meta.LabelSelectorArgs(match_labels=dict(labels)),
        policy_types=["Ingress", "Egress"],
        egress=_to_database(databases, database_port, entra=entra),
    )


def _to_database(databases: IPv4Network, port: int, *, entra: bool) -> list[net.NetworkPolicyEgressRuleArgs]:
    """Allows the databases' subnet; and with `entra` the internet, where the tokens of Entra come from."""
    out = [_to(str(databases), port)]
    return [*out, _to("0.0.0.0/0", 443, NOT_THE_INTERNET)] if entra else out


def _from(peers: list[net.NetworkPolicyPeerArgs], port: int | str) -> net.NetworkPolicyIngressRuleArgs:
    return net.NetworkPolicyIngressRuleArgs(from_=peers, ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=port)])


def _agent() -> net.NetworkPolicyPeerArgs:
    return net.NetworkPolicyPeerArgs(
        namespace_selector=of_namespace(AGENT_NAMESPACE), pod_selector=meta.LabelSelectorArgs(match_labels=AGENT_PODS)
    )


def _to_collector(url: str) -> net.NetworkPolicyEgressRuleArgs:
    """Allows the collector at its port.

    Policies know addresses, not names: a name stands for the internet.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        return _to(f"{IPv4Address(host)}/32", port)
    except AddressValueError:
        return _to("0.0.0.0/0", port, NOT_THE_INTERNET)


def _to(cidr: str, port: int, exceptions: list[str] | None = None) -> net.NetworkPolicyEgressRuleArgs:
    block = net.IPBlockArgs(cidr=cidr, except_=exceptions)
    return net.NetworkPolicyEgressRuleArgs(
        to=[net.NetworkPolicyPeerArgs(ip_block=block)], ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=port)]
    )
