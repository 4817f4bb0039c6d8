from __future__ import annotations

import itertools
from ipaddress import IPv4Network
from typing import Any

import pytest

from tests.support.program import STACKS, Program, deployed

CLOUDS = ["dev", "prod"]


def subnets(program: Program) -> dict[str, dict[str, Any]]:
    return {subnet["subnetName"]: subnet.inputs for subnet in program.all("network:Subnet")}


@pytest.mark.parametrize("stack", STACKS)
def test_databases_have_a_subnet_that_is_theirs_alone(stack: str) -> None:
    found = subnets(deployed(stack, False))
    nodes, databases = (IPv4Network(found[name]["addressPrefix"]) for name in ("nodes", "databases"))
    assert not nodes.overlaps(databases)
    (delegation,) = found["databases"]["delegations"]
    assert delegation["serviceName"] == "Microsoft.DBforPostgreSQL/flexibleServers"
    assert "delegations" not in found["nodes"]


@pytest.mark.parametrize("stack", STACKS)
def test_databases_reach_the_storage_that_they_archive_their_log_in(stack: str) -> None:
    found = subnets(deployed(stack, False))
    assert {name: subnet.get("serviceEndpoints") for name, subnet in found.items() if "serviceEndpoints" in subnet} == {
        "databases": [{"service": "Microsoft.Storage"}]
    }


@pytest.mark.parametrize("stack", STACKS)
def test_an_update_of_the_network_takes_back_nothing_that_others_added_to_its_subnets(stack: str) -> None:
    assert "subnets" not in deployed(stack, False).one("VirtualNetwork").inputs


def test_a_network_is_changed_by_one_subnet_after_the_other() -> None:
    program = deployed("prod", False)
    made = program.all("network:Subnet")
    assert len(made) == 3
    for earlier, later in itertools.pairwise(made):
        assert earlier.urn in later.dependencies


def test_api_server_of_prod_has_a_subnet_that_is_its_alone() -> None:
    found = subnets(deployed("prod", False))
    assert [each["serviceName"] for each in found["api-server"]["delegations"]] == [
        "Microsoft.ContainerService/managedClusters"
    ]
    networks = [IPv4Network(subnet["addressPrefix"]) for subnet in found.values()]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(networks, 2))
    assert "api-server" not in subnets(deployed("dev", False))


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_has_a_public_address_but_the_ingress_and_the_way_out(stack: str) -> None:
    program = deployed(stack, False)
    assert {address.name for address in program.all("PublicIPAddress")} <= {"network-ingress", "network-outbound"}
    assert "enableNodePublicIP" not in program.one("ManagedCluster")["agentPoolProfiles"][0]
    assert {service["spec.type"] for service in program.all("core/v1:Service")} == {None}
    for server in program.all("dbforpostgresql:Server"):
        assert server["network.publicNetworkAccess"] == "Disabled"


def test_outbound_traffic_of_prod_has_an_address_of_its_own() -> None:
    program = deployed("prod", False)
    assert subnets(program)["nodes"]["natGateway"] is not None
    assert program.one("ManagedCluster")["networkProfile.outboundType"] == "userAssignedNATGateway"
    assert {address.name for address in program.all("PublicIPAddress")} == {"network-ingress", "network-outbound"}


def test_dev_pays_for_no_nat_gateway() -> None:
    program = deployed("dev", False)
    assert not program.all("NatGateway")
    assert program.one("ManagedCluster")["networkProfile.outboundType"] == "loadBalancer"


@pytest.mark.parametrize("stack", CLOUDS)
def test_ingress_address_stays_and_has_the_ingress_s_name(stack: str) -> None:
    program = deployed(stack, False)
    address = program.one("PublicIPAddress", "network-ingress")
    assert address["publicIPAllocationMethod"] == "Static"
    host = program.outputs["ingress_url"].removeprefix("https://")
    location = program.one("resources:ResourceGroup")["location"]
    assert f"{address['dnsSettings.domainNameLabel']}.{location}.cloudapp.azure.com" == host


def test_addresses_of_prod_survive_a_zone() -> None:
    for address in deployed("prod", False).all("PublicIPAddress"):
        assert address["zones"] == ["1", "2", "3"]


@pytest.mark.parametrize("stack", CLOUDS)
def test_database_names_resolve_in_the_network_only(stack: str) -> None:
    program = deployed(stack, False)
    zone, link = program.one("PrivateZone"), program.one("VirtualNetworkLink")
    assert zone["privateZoneName"].endswith(".private.postgres.database.azure.com")
    assert link["registrationEnabled"] is False
    assert link.urn in program.after(program.one("dbforpostgresql:Server", "users"))


@pytest.mark.parametrize("stack", CLOUDS)
def test_cluster_goes_before_the_addresses_that_its_load_balancer_uses(stack: str) -> None:
    program = deployed(stack, False)
    waits = program.after(program.one("ManagedCluster"))
    assert {address.urn for address in program.all("PublicIPAddress")} <= waits
