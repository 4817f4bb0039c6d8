"""The subnets of a virtual network, each a resource of its own.

An update of the network then leaves alone what Azure, or a policy of the organisation, has added to its subnets: an
update that names no subnets keeps them as they are (https://github.com/Azure/azure-quickstart-templates/issues/2786).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_azure_native as azure
from pulumi import Input, Resource, ResourceOptions

from components.azure.placement import Placement

net = azure.network


@dataclass(frozen=True, kw_only=True)
class SubnetPlan:
    """The plan of one subnet."""

    name: str
    """The subnet's name in its network."""
    addresses: IPv4Network
    """The subnet's addresses, within those of the network."""
    delegated_to: str | None = None
    """The service that alone may put something into the subnet, such as Microsoft.DBforPostgreSQL/flexibleServers.
    Default: none, anything may be put into it."""
    endpoints: Sequence[str] = ()
    """The services that are reached without leaving Azure's network, such as Microsoft.Storage. Default: none."""
    nat_gateway_id: Input[str] | None = None
    """The NAT gateway by which the subnet reaches the internet. Default: none."""


def subnets(
    plans: Sequence[SubnetPlan], *, network: net.VirtualNetwork, name: str, placement: Placement, parent: Resource
) -> dict[str, net.Subnet]:
    """Declares subnets, one after the other because a network takes one change at a time, and returns them by name."""
    made: dict[str, net.Subnet] = {}
    for plan in plans:
        made[plan.name] = net.Subnet(
            f"{name}-{plan.name}",
            resource_group_name=placement.group_name,
            virtual_network_name=network.name,
            subnet_name=plan.name,
            address_prefix=str(plan.addresses),
            delegations=[net.DelegationArgs(name=plan.name, service_name=plan.delegated_to)]
            if plan.delegated_to
            else None,
            service_endpoints=[net.ServiceEndpointPropertiesFormatArgs(service=each) for each in plan.endpoints]
            or None,
            nat_gateway=net.SubResourceArgs(id=plan.nat_gateway_id) if plan.nat_gateway_id else None,
            opts=ResourceOptions(parent=parent, depends_on=list(made.values())[-1:]),
        )
    return made
