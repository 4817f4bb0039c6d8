"""pulumi-azure-native: names, ids and identities of resources, as far as the program reads them.

Networks, role assignments and the cluster's nodes have no counterpart on one machine: no permission, no network rule
and no node is imitated.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from planning.makers import Made, Properties

SUBSCRIPTION = TENANT = "00000000-0000-0000-0000-000000000000"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "azure.local")
_PARENTS = ("accountName", "privateZoneName", "resourceName", "serverName", "virtualNetworkName")
"""Inputs that hold the name of the parent resource."""


def _no_outputs(_name: str, _inputs: Properties) -> Properties:
    return {}


def _identity(name: str, _inputs: Properties) -> Properties:
    return {
        "principalId": str(uuid.uuid5(_NAMESPACE, f"principal/{name}")),
        "clientId": str(uuid.uuid5(_NAMESPACE, f"client/{name}")),
        "tenantId": TENANT,
    }


def _registry(name: str, _inputs: Properties) -> Properties:
    return {"loginServer": f"{name.lower()}.azurecr.io"}


def _cluster(name: str, inputs: Properties) -> Properties:
    return {
        "fqdn": "localhost",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {}},
        "nodeResourceGroup": f"MC_{inputs.get('resourceGroupName')}_{name}",
        "oidcIssuerProfile": {"enabled": True, "issuerURL": f"https://localhost/{name}/"},
    }


def _address(_name: str, inputs: Properties) -> Properties:
    return {"ipAddress": "127.0.0.1", "dnsSettings": {**(inputs.get("dnsSettings") or {}), "fqdn": "localhost"}}


@dataclass(frozen=True)
class Kind:
    """A maker of the resources of one type."""

    path: str
    """The resource provider's type, such as `Microsoft.Network/virtualNetworks`, or `.../subnets` below it."""
    name_input: str
    """The input that holds the resource's name; without it the name is the Pulumi name."""
    outputs: Callable[[str, Properties], Properties] = _no_outputs
    """Returns what the program reads besides the name, from name and inputs."""

    def __call__(self, name: str, inputs: Properties) -> Made:
        physical = str(inputs.get(self.name_input) or name)
        return Made(id=self._id(physical, inputs), outputs={"name": physical, **self.outputs(physical, inputs)})

    def _id(self, physical: str, inputs: Properties) -> str:
        scope = inputs.get("scope") or f"/subscriptions/{SUBSCRIPTION}"
        if self.path == "resourceGroups":
            return f"{scope}/resourceGroups/{physical}"
        if group := inputs.get("resourceGroupName"):
            scope = f"{scope}/resourceGroups/{group}"
        names = [*(inputs[key] for key in _PARENTS if key in inputs and key != self.name_input), physical]
        namespace, *types = self.path.split("/")
        if len(types) == len(names):
            steps = [step for pair in zip(types, names, strict=True) for step in pair]
            return "/".join([scope, "providers", namespace, *steps])
        return "/".join([scope, "providers", self.path, *names])


_KINDS = {
    "alertsmanagement:AlertProcessingRuleByName": Kind(
        "Microsoft.AlertsManagement/actionRules", "alertProcessingRuleName"
    ),
    "alertsmanagement:PrometheusRuleGroup": Kind("Microsoft.AlertsManagement/prometheusRuleGroups", "ruleGroupName"),
    "authorization:RoleAssignment": Kind("Microsoft.Authorization/roleAssignments", "roleAssignmentName"),
    "containerregistry:Registry": Kind("Microsoft.ContainerRegistry/registries", "registryName", _registry),
    "containerservice:DeploymentSafeguard": Kind(
        "Microsoft.ContainerService/deploymentSafeguards", "deploymentSafeguardName"
    ),
    "containerservice:MaintenanceConfiguration": Kind("Microsoft.ContainerService/managedClusters", "configName"),
    "containerservice:ManagedCluster": Kind("Microsoft.ContainerService/managedClusters", "resourceName", _cluster),
    "managedidentity:FederatedIdentityCredential": Kind(
        "Microsoft.ManagedIdentity/userAssignedIdentities", "federatedIdentityCredentialResourceName"
    ),
    "managedidentity:UserAssignedIdentity": Kind(
        "Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName", _identity
    ),
    "monitor:ActionGroup": Kind("Microsoft.Insights/actionGroups", "actionGroupName"),
    "monitor:AzureMonitorWorkspace": Kind("Microsoft.Monitor/accounts", "azureMonitorWorkspaceName"),
    "monitor:DataCollectionEndpoint": Kind("Microsoft.Insights/dataCollectionEndpoints", "dataCollectionEndpointName"),
    "monitor:DataCollectionRule": Kind("Microsoft.Insights/dataCollectionRules", "dataCollectionRuleName"),
    "monitor:DataCollectionRuleAssociation": Kind(
        "Microsoft.Insights/dataCollectionRuleAssociations", "associationName"
    ),
    "monitor:DiagnosticSetting": Kind("Microsoft.Insights/diagnosticSettings", "name"),
    "monitor:MetricAlert": Kind("Microsoft.Insights/metricAlerts", "ruleName"),
    "network:NatGateway": Kind("Microsoft.Network/natGateways", "natGatewayName"),
    "network:PublicIPAddress": Kind("Microsoft.Network/publicIPAddresses", "publicIpAddressName", _address),
    "network:Subnet": Kind("Microsoft.Network/virtualNetworks/subnets", "subnetName"),
    "network:VirtualNetwork": Kind("Microsoft.Network/virtualNetworks", "virtualNetworkName"),
    "operationalinsights:Workspace": Kind("Microsoft.OperationalInsights/workspaces", "workspaceName"),
    "privatedns:PrivateZone": Kind("Microsoft.Network/privateDnsZones", "privateZoneName"),
    "privatedns:VirtualNetworkLink": Kind("Microsoft.Network/privateDnsZones", "virtualNetworkLinkName"),
    "resources:ResourceGroup": Kind("resourceGroups", "resourceGroupName"),
}
MAKERS = {f"azure-native:{token}": kind for token, kind in _KINDS.items()}


def _client_config(_args: Properties) -> Properties:
    return {"clientId": TENANT, "objectId": TENANT, "subscriptionId": SUBSCRIPTION, "tenantId": TENANT}


def _credentials(_args: Properties) -> Properties:
    """Returns a kubeconfig whose address leads nowhere: whoever applies manifests here does not use one."""
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": ""}
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "local", "cluster": cluster}]}
    encoded = base64.b64encode(json.dumps(config).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": encoded}]}


FUNCTIONS: dict[str, Callable[[Properties], Properties]] = {
    "azure-native:authorization:getClientConfig": _client_config,
    "azure-native:containerservice:listManagedClusterUserCredentials": _credentials,
}
