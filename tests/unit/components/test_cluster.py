from __future__ import annotations

import base64
import json
from ipaddress import IPv4Network
from uuid import UUID

import pytest
import yaml

from components.azure.kubeconfig import entra_kubeconfig
from components.azure.roles import Role
from tests.support.clouds import SUBSCRIPTION, principal_of
from tests.support.program import STACKS, Program, deployed, run

CLOUDS = ["dev", "prod"]


def grants(program: Program) -> set[tuple[str, str, str]]:
    """(role, identity, kind of what it is granted on) of every assignment."""
    identities = {principal_of(identity.name): identity.name for identity in program.all("UserAssignedIdentity")}
    return {
        (
            Role(assignment["roleDefinitionId"].rpartition("/")[2]).name,
            identities[assignment["principalId"]],
            assignment["scope"].split("/")[-2],
        )
        for assignment in program.all("RoleAssignment")
    }


@pytest.mark.parametrize("stack", STACKS)
def test_only_entra_identities_enter(stack: str) -> None:
    cluster = deployed(stack, False).one("ManagedCluster")
    assert cluster["disableLocalAccounts"] is True
    assert cluster["enableRBAC"] is True
    assert cluster["aadProfile.managed"] is True
    assert cluster["aadProfile.enableAzureRBAC"] is True
    assert cluster["aadProfile.adminGroupObjectIDs"]


@pytest.mark.parametrize("stack", STACKS)
def test_api_server_is_not_open_to_the_internet(stack: str) -> None:
    profile = deployed(stack, False).one("ManagedCluster")["apiServerAccessProfile"]
    assert profile["authorizedIPRanges"]
    assert min(IPv4Network(network).prefixlen for network in profile["authorizedIPRanges"]) >= 8
    assert profile["disableRunCommand"] is True


def test_nodes_behind_a_nat_gateway_reach_their_api_server() -> None:
    assert "20.50.0.7/32" in deployed("prod", False).one("ManagedCluster")["apiServerAccessProfile.authorizedIPRanges"]


@pytest.mark.parametrize("stack", STACKS)
def test_pods_have_identities_and_network_policies_hold(stack: str) -> None:
    cluster = deployed(stack, False).one("ManagedCluster")
    assert cluster["oidcIssuerProfile.enabled"] is True
    assert cluster["securityProfile.workloadIdentity.enabled"] is True
    assert cluster["networkProfile.networkPolicy"] == cluster["networkProfile.networkDataplane"] == "cilium"


@pytest.mark.parametrize("stack", STACKS)
def test_identities_may_do_what_they_need_and_no_more(stack: str) -> None:
    assert grants(deployed(stack, False)) == {
        ("MANAGED_IDENTITY_OPERATOR", "cluster-control-plane", "UserAssignedIdentity"),
        ("NETWORK_CONTRIBUTOR", "cluster-control-plane", "resourceGroups"),
        ("ACR_PULL", "cluster-kubelet", "Registry"),
    }


def test_roles_are_limited_to_the_stack_s_own_resources() -> None:
    for assignment in deployed("prod", False).all("RoleAssignment"):
        assert "/resourceGroups/crosscloud-prod" in assignment["scope"]
        assert assignment["principalType"] == "ServicePrincipal"


@pytest.mark.parametrize("stack", STACKS)
def test_roles_are_granted_before_the_cluster_needs_them(stack: str) -> None:
    program = deployed(stack, False)
    waits = program.after(program.one("ManagedCluster"))
    assert {assignment.urn for assignment in program.all("RoleAssignment")} <= waits


@pytest.mark.parametrize(("stack", "protected"), [("local", False), ("dev", False), ("prod", True)])
def test_prod_is_protected(stack: str, protected: bool) -> None:
    program = deployed(stack, False)
    kept = [*program.all("ManagedCluster"), *program.all("dbforpostgresql:Server"), *program.all("UserPool")]
    assert {resource.protect for resource in kept} == {protected}


def test_autoscaler_owns_the_number_of_nodes() -> None:
    cluster = deployed("dev", False).one("ManagedCluster")
    assert cluster.ignore_changes == ("agentPoolProfiles[*].count",)
    (pool,) = cluster["agentPoolProfiles"]
    assert (pool["enableAutoScaling"], pool["minCount"], pool["maxCount"]) == (True, 1, 3)


def test_number_of_nodes_is_the_setting_s_where_no_autoscaler_owns_it() -> None:
    cluster = deployed("prod", False).one("ManagedCluster")
    assert cluster.ignore_changes == ()
    assert cluster["agentPoolProfiles.0.count"] == 3


def test_auto_provisioned_nodes_leave_the_system_pool_to_the_system() -> None:
    cluster = deployed("prod", False).one("ManagedCluster")
    assert cluster["nodeProvisioningProfile.mode"] == "Auto"
    (pool,) = cluster["agentPoolProfiles"]
    assert pool["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert pool["enableAutoScaling"] is False
    assert "minCount" not in pool
    assert pool["availabilityZones"] == ["1", "2", "3"]


def test_the_system_of_dev_s_nodes_fits_on_their_own_disk() -> None:
    (pool,) = deployed("dev", False).one("ManagedCluster")["agentPoolProfiles"]
    # https://learn.microsoft.com/azure/virtual-machines/sizes/general-purpose/ddsv5-series
    own = {"Standard_D2ds_v5": 75}
    assert pool["osDiskType"] == "Ephemeral"
    assert 30 <= pool["osDiskSizeGB"] <= own[pool["vmSize"]]


def test_a_disk_of_which_no_size_is_said_has_azure_s() -> None:
    (pool,) = deployed("prod", False).one("ManagedCluster")["agentPoolProfiles"]
    assert "osDiskSizeGB" not in pool


def test_nodes_that_nobody_needs_go_also_where_pods_of_the_system_are() -> None:
    profile = deployed("dev", False).one("ManagedCluster")["autoScalerProfile"]
    assert profile == {"skipNodesWithSystemPods": "false", "skipNodesWithLocalStorage": "false"}
    assert deployed("prod", False).one("ManagedCluster")["autoScalerProfile"] is None


def test_nodes_of_prod_reach_the_api_server_without_leaving_the_network() -> None:
    profile = deployed("prod", False).one("ManagedCluster")["apiServerAccessProfile"]
    assert profile["enableVnetIntegration"] is True
    assert profile["subnetId"].endswith("/subnets/api-server")
    assert deployed("dev", False).one("ManagedCluster")["apiServerAccessProfile"]["enableVnetIntegration"] is False


@pytest.mark.parametrize(("tier", "plan"), [("Standard", "KubernetesOfficial"), ("Premium", "AKSLongTermSupport")])
def test_long_support_comes_with_the_tier_that_has_it(tier: str, plan: str) -> None:
    own = {"tier": tier, "adminGroupObjectIds": [str(UUID(int=1))], "authorizedIpRanges": ["203.0.113.0/24"]}
    config = {"crosscloud:cluster": own, "crosscloud:hours": {}}
    assert run(config=config).one("ManagedCluster")["supportPlan"] == plan


def test_versions_of_node_pools_are_left_to_the_automatic_upgrade() -> None:
    for stack in CLOUDS:
        (pool,) = deployed(stack, False).one("ManagedCluster")["agentPoolProfiles"]
        assert "orchestratorVersion" not in pool


@pytest.mark.parametrize("stack", STACKS)
def test_kubeconfig_holds_no_credential(stack: str) -> None:
    provider = deployed(stack, False).one("pulumi:providers:kubernetes")
    config = json.loads(provider["kubeconfig"])
    (user,) = config["users"]
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["command"] == "kubelogin"
    assert "of-a-person" not in provider["kubeconfig"]
    assert "kubeconfig" in provider.secrets


@pytest.mark.parametrize("stack", STACKS)
def test_objects_are_told_apart_by_their_cluster_and_not_by_the_kubeconfig(stack: str) -> None:
    program = deployed(stack, False)
    assert program.one("pulumi:providers:kubernetes")["clusterIdentifier"].endswith(f"/crosscloud-{stack}")


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [True, False])
def test_every_object_in_the_cluster_uses_its_provider(stack: str, preview: bool) -> None:
    program = deployed(stack, preview)
    provider = program.one("pulumi:providers:kubernetes")
    objects = [r for r in program.resources if r.type.startswith("kubernetes:")]
    assert len(objects) > 20
    assert {r.provider for r in objects} == {provider.urn}


def test_credentials_are_not_fetched_before_the_cluster_exists() -> None:
    assert deployed("dev", True).calls == ["azure-native:authorization:getClientConfig"]


def test_subscription_and_tenant_are_the_settings_or_those_of_the_login() -> None:
    own = deployed("dev", False).one("RoleAssignment", "cluster-acr-pull")
    azure = {"location": "westeurope"}
    login = run(config={"crosscloud:azure": azure}).one("RoleAssignment", "cluster-acr-pull")
    assert own["roleDefinitionId"].startswith("/subscriptions/00000000-0000-0000-0000-000000000000/")
    assert login["roleDefinitionId"].startswith(f"/subscriptions/{SUBSCRIPTION}/")


def test_kubeconfig_keeps_address_and_authority() -> None:
    given = {"clusters": [{"cluster": {"server": "https://a:443", "certificate-authority-data": "Q0E=", "x": 1}}]}
    built = json.loads(entra_kubeconfig(base64.b64encode(yaml.safe_dump(given).encode()).decode(), "tenant"))
    assert built["clusters"][0]["cluster"] == {"server": "https://a:443", "certificate-authority-data": "Q0E="}
    assert built["users"][0]["user"]["exec"]["args"][-1] == "tenant"


@pytest.mark.parametrize("stack", STACKS)
def test_upgrades_come_when_they_are_expected(stack: str) -> None:
    windows = deployed(stack, False).all("MaintenanceConfiguration")
    assert {w["configName"] for w in windows} == {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
    for window in windows:
        assert window["maintenanceWindow.durationHours"] >= 4
        day, hour = ("Wednesday", "11:00") if stack == "dev" else ("Sunday", "02:00")  # dev is stopped on Sundays
        assert window["maintenanceWindow.schedule.weekly.dayOfWeek"] == day
        assert window["maintenanceWindow.startTime"] == hour


def test_prod_s_nodes_are_watched() -> None:
    cluster = deployed("prod", False).one("ManagedCluster")
    assert cluster["securityProfile.defender.securityMonitoring.enabled"] is True
    assert deployed("dev", False).one("ManagedCluster")["securityProfile.defender"] is None
