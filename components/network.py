"""The virtual network: nodes and databases in subnets of their own, the databases' names, the addresses in and out."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.resource_group import ResourceGroup
from components.settings.azure import IngressSettings, NetworkSettings

net = azure.network


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    group: ResourceGroup
    settings: NetworkSettings
    ingress: IngressSettings


class Network(ComponentResource):
    """The databases' subnet and DNS zone are private; nothing in the network has a public address but the ingress."""

    group: ResourceGroup
    addresses: NetworkSettings
    nodes_subnet_id: Output[str]
    databases_subnet_id: Output[str]
    api_server_subnet_id: Output[str] | None
    database_zone_id: Output[str]
    """Known once names in the zone can be resolved in the network."""
    ingress_address_name: Output[str]
    outbound_networks: list[Output[str]]
    """What the nodes' connections to the internet come from, where that is an address of the network's own."""

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Network", name, {}, opts)
        self._args, self.group, self.addresses = args, args.group, args.settings
        self.outbound_networks = []
        addresses = args.settings
        network = net.VirtualNetwork(
            name,
            resource_group_name=args.group.group_name,
            location=args.group.location,
            address_space=net.AddressSpaceArgs(address_prefixes=[str(addresses.addresses)]),
            subnets=[
                net.SubnetArgs(name="nodes", address_prefix=str(addresses.nodes), nat_gateway=self._nat_gateway(name)),
                _delegated("databases", addresses.databases, "Microsoft.DBforPostgreSQL/flexibleServers"),
                *(
                    [_delegated("api-server", addresses.api_server, "Microsoft.ContainerService/managedClusters")]
                    if addresses.api_server
                    else []
                ),
            ],
            tags=args.group.tags,
            opts=ResourceOptions(parent=self),
        )
        self.nodes_subnet_id = Output.concat(network.id, "/subnets/nodes")
        self.databases_subnet_id = Output.concat(network.id, "/subnets/databases")
        self.api_server_subnet_id = Output.concat(network.id, "/subnets/api-server") if addresses.api_server else None
        self.database_zone_id = self._database_zone(name, network)
        self.ingress_address_name = self._address(
            f"{name}-ingress", net.PublicIPAddressDnsSettingsArgs(domain_name_label=args.ingress.dns_label)
        ).name
        self.register_outputs({"nodes_subnet_id": self.nodes_subnet_id})

    def _database_zone(self, name: str, network: net.VirtualNetwork) -> Output[str]:
        group = self._args.group
        zone = azure.privatedns.PrivateZone(
            f"{name}-databases",
            resource_group_name=group.group_name,
            private_zone_name=f"{group.plain_name}.private.postgres.database.azure.com",
            location="Global",
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        link = azure.privatedns.VirtualNetworkLink(
            f"{name}-databases",
            resource_group_name=group.group_name,
            private_zone_name=zone.name,
            location="Global",
            registration_enabled=False,
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        return Output.all(zone.id, link.id).apply(lambda ids: str(ids[0]))

    def _nat_gateway(self, name: str) -> net.SubResourceArgs | None:
        if self._args.settings.outbound != "natGateway":
            return None
        group, address = self._args.group, self._address(f"{name}-outbound", None)
        self.outbound_networks.append(address.ip_address.apply(lambda ip: f"{ip}/32"))
        gateway = net.NatGateway(
            f"{name}-outbound",
            resource_group_name=group.group_name,
            location=group.location,
            sku=net.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[net.SubResourceArgs(id=address.id)],
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        return net.SubResourceArgs(id=gateway.id)

    def _address(self, name: str, dns: net.PublicIPAddressDnsSettingsArgs | None) -> net.PublicIPAddress:
        group = self._args.group
        return net.PublicIPAddress(
            name,
            resource_group_name=group.group_name,
            location=group.location,
            sku=net.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            public_ip_allocation_method="Static",
            zones=group.zones or None,
            dns_settings=dns,
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )


def _delegated(name: str, addresses: IPv4Network, service: str) -> net.SubnetArgs:
    """A subnet that only `service` may put something into."""
    delegation = net.DelegationArgs(name=name, service_name=service)
    return net.SubnetArgs(name=name, address_prefix=str(addresses), delegations=[delegation])
