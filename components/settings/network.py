"""Settings of the network: the plan of all addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from components.settings.checks import Group, wrong

API_SERVER_PREFIX = 28
"""Bits of the smallest network that the API server takes
(https://learn.microsoft.com/azure/aks/api-server-vnet-integration)."""
RESERVED_BY_AKS = (IPv4Network("172.30.0.0/16"), IPv4Network("172.31.0.0/16"))
"""Networks that AKS uses itself (https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning)."""


class NetworkSettings(Group):
    """The plan of all addresses. A later change of pods, services or outbound replaces the cluster."""

    addresses: IPv4Network = Field(IPv4Network("10.10.0.0/16"), description="the virtual network")
    nodes: IPv4Network = Field(IPv4Network("10.10.0.0/20"), description="subnet of the nodes, within addresses")
    databases: IPv4Network = Field(
        IPv4Network("10.10.16.0/24"), description="subnet delegated to PostgreSQL, within addresses"
    )
    api_server: IPv4Network | None = Field(
        None,
        description="subnet of the cluster's API server, within addresses, /28 or larger: nodes then reach it without "
        "leaving the network. Choose it before the cluster is made: it can't be taken back, and giving it later takes "
        "a restart",
    )
    pods: IPv4Network = Field(IPv4Network("10.244.0.0/16"), description="pods' addresses, in the cluster only")
    services: IPv4Network = Field(
        IPv4Network("10.0.0.0/16"), description="Services' addresses, inside the cluster only"
    )
    outbound: Literal["loadBalancer", "natGateway"] = Field(
        "loadBalancer",
        description="how nodes reach the internet; natGateway gives them an address of their own and many more "
        "connections, at a price per hour, and is in one zone: while that is away, no node reaches the internet "
        "(docs/deploy.md, section prod)",
    )

    @field_validator("nodes", "databases", "api_server")
    @classmethod
    def _inside(cls, value: IPv4Network | None, info: ValidationInfo) -> IPv4Network | None:
        if value is None:
            return None
        addresses = info.data.get("addresses")
        if addresses is not None and not value.subnet_of(addresses):
            raise wrong(f"must lie within addresses, which is {addresses}")
        for name in ("nodes", "databases"):
            other = info.data.get(name)
            if other is not None and value.overlaps(other):
                raise wrong(f"must not overlap {name}, which is {other}")
        if info.field_name == "api_server" and value.prefixlen > API_SERVER_PREFIX:
            raise wrong(f"must be /{API_SERVER_PREFIX} or larger")
        return value

    @field_validator("pods", "services")
    @classmethod
    def _apart(cls, value: IPv4Network, info: ValidationInfo) -> IPv4Network:
        others = [info.data.get("addresses"), info.data.get("pods"), *RESERVED_BY_AKS]
        for other in others:
            if other is not None and value.overlaps(other):
                raise wrong(f"must not overlap {other}, which is taken")
        return value

    @property
    def dns_service(self) -> IPv4Address:
        """The address of the cluster's DNS, which has to be one of the Services' addresses."""
        return self.services[10]
