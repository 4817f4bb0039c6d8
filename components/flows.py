"""Who may speak to a service's pods, and to whom they may speak: everything else is denied in their namespace."""

from __future__ import annotations

from ipaddress import IPv4Network

import pulumi_kubernetes as k8s

from components.envoy_gateway import proxies_of
from components.pod import PORT_NAME

meta, net = k8s.meta.v1, k8s.networking.v1

NOT_THE_INTERNET = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]


def flows(
    service: str, *, gateway: str, gateway_namespace: str, databases: IPv4Network, database_port: int, entra: bool
) -> net.NetworkPolicySpecArgs:
    """In: the Envoys of the gateway. Out: the databases' subnet and, with `entra`, Entra for tokens, which is on the
    internet and has no fixed addresses."""
    out = [_to(str(databases), database_port)]
    if entra:
        out.append(_to("0.0.0.0/0", 443, NOT_THE_INTERNET))
    return net.NetworkPolicySpecArgs(
        pod_selector=meta.LabelSelectorArgs(match_labels={"app": service}),
        policy_types=["Ingress", "Egress"],
        ingress=[
            net.NetworkPolicyIngressRuleArgs(
                from_=[proxies_of(gateway, gateway_namespace)],
                ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=PORT_NAME)],
            )
        ],
        egress=out,
    )


def _to(cidr: str, port: int, exceptions: list[str] | None = None) -> net.NetworkPolicyEgressRuleArgs:
    block = net.IPBlockArgs(cidr=cidr, except_=exceptions)
    return net.NetworkPolicyEgressRuleArgs(
        to=[net.NetworkPolicyPeerArgs(ip_block=block)], ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=port)]
    )
