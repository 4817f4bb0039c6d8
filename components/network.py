"""The virtual network: nodes and databases in subnets of their own, the databases' names, the addresses in and out."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.database import DatabaseNetwork
from components.azure.placement import Placement
from components.azure.subnets import SubnetPlan, subnets
from components.settings.ingress import IngressSettings
from components.settings.network import NetworkSettings

net = azure.network


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    placement: Placement
    """The resource group, region and tags of the network."""
    settings: NetworkSettings
    """Addresses and the way out: the group `network` of the stack's file."""
    ingress: IngressSettings
    """The DNS label of the ingress's address: the group `ingress` of the stack's file."""


@dataclass(frozen=True, kw_only=True)
class PublicAddress:
    """A public IP address by the names that Kubernetes finds it by."""

    name: Output[str]
    """The address's name."""
    group_name: Output[str]
    """The resource group that it is in."""


class Network(ComponentResource):
    """A virtual network in which nothing has a public address but the ingress and the nodes' way out.

    The databases' subnet and their DNS zone are private.
    """

    addresses: NetworkSettings
    """The plan of all addresses, those inside the cluster too, and the nodes' way out."""
    nodes_subnet_id: Output[str]
    """The subnet of the cluster's nodes."""
    api_server_subnet_id: Output[str] | None
    """The subnet of the cluster's API server, where it has one."""
    databases: DatabaseNetwork
    """The part that databases are in."""
    ingress_address: PublicAddress
    """The address of the way into the cluster."""
    outbound_networks: list[Output[str]]
    """The networks that the nodes' connections to the internet come from, where they are the network's own."""

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Network", name, {}, opts)
        self._place, self.addresses = args.placement, args.settings
        settings = args.settings
        outbound = self._address(f"{name}-outbound", None) if settings.outbound == "natGateway" else None
        network = net.VirtualNetwork(
            name,
            resource_group_name=self._place.group_name,
            location=self._place.location,
            address_space=net.AddressSpaceArgs(address_prefixes=[str(settings.addresses)]),
            tags=self._place.tags,
            opts=ResourceOptions(parent=self),
        )
        by_name = subnets(self._plans(name, outbound), network=network, name=name, placement=self._place, parent=self)
        ingress = self._address(
            f"{name}-ingress", net.PublicIPAddressDnsSettingsArgs(domain_name_label=args.ingress.dns_label)
        )
        self.nodes_subnet_id = by_name["nodes"].id
        self.api_server_subnet_id = by_name["api-server"].id if "api-server" in by_name else None
        self.databases = DatabaseNetwork(
            subnet_id=by_name["databases"].id,
            zone_id=self._database_zone(name, network),
            addresses=settings.databases,
        )
        self.ingress_address = PublicAddress(name=ingress.name, group_name=self._place.group_name)
        self.outbound_networks = [outbound.ip_address.apply(lambda ip: f"{ip}/32")] if outbound else []
        self.register_outputs({"nodes_subnet_id": self.nodes_subnet_id})

    def _plans(self, name: str, outbound: net.PublicIPAddress | None) -> list[SubnetPlan]:
        """Returns the subnets of the network, the nodes' with the way out that has the address `outbound`."""
        settings = self.addresses
        plans = [
            SubnetPlan(
                name="nodes",
                addresses=settings.nodes,
                nat_gateway_id=self._nat_gateway(f"{name}-outbound", outbound) if outbound else None,
            ),
            SubnetPlan(
                name="databases",
                addresses=settings.databases,
                delegated_to="Microsoft.DBforPostgreSQL/flexibleServers",
                # A server archives its write-ahead log in Azure Storage
                # (https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private).
                endpoints=["Microsoft.Storage"],
            ),
        ]
        if settings.api_server:
            service = "Microsoft.ContainerService/managedClusters"
            plans.append(SubnetPlan(name="api-server", addresses=settings.api_server, delegated_to=service))
        return plans

    def _database_zone(self, name: str, network: net.VirtualNetwork) -> Output[str]:
        """Declares the zone of the databases' names; its id is known once the network resolves them."""
        zone = azure.privatedns.PrivateZone(
            f"{name}-databases",
            resource_group_name=self._place.group_name,
            private_zone_name=f"{self._place.plain_name}.private.postgres.database.azure.com",
            location="Global",
            tags=self._place.tags,
            opts=ResourceOptions(parent=self),
        )
        link = azure.privatedns.VirtualNetworkLink(
            f"{name}-databases",
            resource_group_name=self._place.group_name,
            private_zone_name=zone.name,
            location="Global",
            registration_enabled=False,
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            tags=self._place.tags,
            opts=ResourceOptions(parent=self),
        )
        return Output.all(zone.id, link.id).apply(lambda ids: str(ids[0]))

    def _nat_gateway(self, name: str, address: net.PublicIPAddress) -> Output[str]:
        """Declares the gateway through which the nodes reach the internet, from one address, and returns its id.

        It is in one zone, whichever Azure chooses: the provider's API has no StandardV2, which is in all of them.
        """
        gateway = net.NatGateway(
            name,
            resource_group_name=self._place.group_name,
            location=self._place.location,
            sku=net.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[net.SubResourceArgs(id=address.id)],
            tags=self._place.tags,
            opts=ResourceOptions(parent=self),
        )
        return gateway.id

    def _address(self, name: str, dns: net.PublicIPAddressDnsSettingsArgs | None) -> net.PublicIPAddress:
        return net.PublicIPAddress(
            name,
            resource_group_name=self._place.group_name,
            location=self._place.location,
            sku=net.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            public_ip_allocation_method="Static",
            zones=self._place.zones or None,
            dns_settings=dns,
            tags=self._place.tags,
            opts=ResourceOptions(parent=self),
        )
