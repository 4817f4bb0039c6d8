"""Rules of the virtual network: whose its subnets are, and what databases reach from theirs."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, items

_NETWORK, _SUBNET = "azure-native:network:VirtualNetwork", "azure-native:network:Subnet"
_SERVERS = "Microsoft.DBforPostgreSQL/flexibleServers"
_STORAGE = "Microsoft.Storage"


def networks_leave_subnets_alone(network: Resource) -> Iterator[Finding]:
    if network.get("subnets") is not None:
        yield Finding(
            property="subnets",
            allowed="be absent",
            given=network.get("subnets"),
            do="Declare each subnet as a resource, with components.azure.subnets.",
        )


def servers_reach_storage(subnet: Resource) -> Iterator[Finding]:
    delegated = {each.get("serviceName") for each in items(subnet.get("delegations"))}
    endpoints = [each.get("service") for each in items(subnet.get("serviceEndpoints"))]
    if _SERVERS in delegated and _STORAGE not in endpoints:
        yield Finding(
            property="serviceEndpoints",
            allowed=f"name {_STORAGE}",
            given=endpoints,
            do="Add the endpoint in components/network.py.",
        )


RULES = (
    Rule(
        name="networks-leave-subnets-alone",
        why="Each update of a network that lists its subnets takes back what Azure or a policy has added to them",
        source="https://github.com/Azure/azure-quickstart-templates/issues/2786",
        types=(_NETWORK,),
        resource=networks_leave_subnets_alone,
    ),
    Rule(
        name="servers-reach-storage",
        why="Servers archive their write-ahead log in Azure Storage; without a way there a standby falls behind",
        source="https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private",
        types=(_SUBNET,),
        resource=servers_reach_storage,
    ),
)
