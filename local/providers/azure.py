"""pulumi-azure-native on this machine: names and identities in memory, PostgreSQL Flexible Server for real.

What has no counterpart on one machine (networks, role assignments, the cluster's nodes) is kept in the state with the
outputs that the program reads, and nothing more: no permission, no network rule and no node is imitated.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from typing import ClassVar

import asyncpg

from local.errors import ProviderError
from local.machine import Machine
from local.postgres import administer
from local.provider import Function, Handler, Made, Package, Properties, Updatable

SUBSCRIPTION = TENANT = "00000000-0000-0000-0000-000000000000"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "azure.local")

Outputs = Callable[[str, Properties], Properties]


class Recorded(Updatable):
    """A resource that exists in the state only. `outputs` computes what the program reads from its name and inputs."""

    def __init__(self, kind: str, name_input: str, outputs: Outputs = lambda name, inputs: {}) -> None:  # noqa: ARG005
        """`kind` is the resource provider's type (`Microsoft.Network/virtualNetworks`)."""
        self._kind, self._name_input, self._outputs = kind, name_input, outputs

    def create(self, name: str, inputs: Properties) -> Made:
        physical = str(inputs.get(self._name_input) or name)
        outputs = {"name": physical, **self._outputs(physical, inputs)}
        return Made(id=self._id(physical, inputs), outputs=outputs)

    def _id(self, physical: str, inputs: Properties) -> str:
        scope = inputs.get("scope") or f"/subscriptions/{SUBSCRIPTION}"
        if self._kind == "resourceGroups":
            return f"{scope}/resourceGroups/{physical}"
        if group := inputs.get("resourceGroupName"):
            scope = f"{scope}/resourceGroups/{group}"
        parents = [inputs[key] for key in _PARENTS if key in inputs and key != self._name_input]
        return "/".join([scope, "providers", self._kind, *parents, physical])

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return {"name": outputs["name"], **self._outputs(outputs["name"], new)}

    def delete(self, id_: str, outputs: Properties) -> None:
        pass


_PARENTS = ("accountName", "privateZoneName", "resourceName", "serverName", "virtualNetworkName")


def _identity(name: str, inputs: Properties) -> Properties:
    return {
        "principalId": str(uuid.uuid5(_NAMESPACE, f"principal/{name}")),
        "clientId": str(uuid.uuid5(_NAMESPACE, f"client/{name}")),
        "tenantId": TENANT,
    }


def _registry(name: str, inputs: Properties) -> Properties:
    return {"loginServer": f"{name.lower()}.azurecr.io"}


def _cluster(name: str, inputs: Properties) -> Properties:
    return {
        "fqdn": "localhost",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {}},
        "nodeResourceGroup": f"MC_{inputs.get('resourceGroupName')}_{name}",
        "oidcIssuerProfile": {"enabled": True, "issuerURL": f"https://localhost/{name}/"},
    }


def _address(name: str, inputs: Properties) -> Properties:
    return {"ipAddress": "127.0.0.1", "dnsSettings": {**(inputs.get("dnsSettings") or {}), "fqdn": "localhost"}}


class Server(Updatable):
    """azure-native:dbforpostgresql:Server: a login role of its own on this machine's PostgreSQL."""

    replace_on: ClassVar[frozenset[str]] = frozenset({"administratorLogin", "serverName", "resourceGroupName"})

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def create(self, name: str, inputs: Properties) -> Made:
        physical = inputs.get("serverName") or name
        self._set_role(physical, inputs)
        group = inputs.get("resourceGroupName")
        return Made(
            id=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
            f"/providers/Microsoft.DBforPostgreSQL/flexibleServers/{physical}",
            outputs={"name": physical, "fullyQualifiedDomainName": "localhost"},
        )

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        self._set_role(outputs["name"], new)
        return {"name": outputs["name"], "fullyQualifiedDomainName": "localhost"}

    def delete(self, id_: str, outputs: Properties) -> None:
        role = outputs["administratorLogin"]

        async def work(connection: asyncpg.Connection) -> None:
            owned = "SELECT datname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE rolname = $1"
            for record in await connection.fetch(owned, role):
                await connection.execute(f"DROP DATABASE {_quoted(record[0])} WITH (FORCE)")
            await connection.execute(f"DROP ROLE IF EXISTS {_quoted(role)}")

        administer(self._machine, work)

    def exists(self, id_: str, outputs: Properties) -> bool:
        async def work(connection: asyncpg.Connection) -> bool:
            query = "SELECT true FROM pg_roles WHERE rolname = $1"
            return bool(await connection.fetchval(query, outputs["administratorLogin"]))

        return administer(self._machine, work)

    def _set_role(self, server: str, inputs: Properties) -> None:
        role, password = inputs["administratorLogin"], inputs["administratorLoginPassword"]

        async def work(connection: asyncpg.Connection) -> None:
            exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if exists else "CREATE"
            literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
            await connection.execute(f"{verb} ROLE {_quoted(role)} LOGIN PASSWORD {literal}")
            comment = await connection.fetchval("SELECT quote_literal($1::text)", server)
            await connection.execute(f"COMMENT ON ROLE {_quoted(role)} IS {comment}")

        administer(self._machine, work)


class Database(Handler):
    """azure-native:dbforpostgresql:Database. Its server's role owns it, as the server's administrator does on Azure."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def create(self, name: str, inputs: Properties) -> Made:
        database = inputs.get("databaseName") or name

        async def work(connection: asyncpg.Connection) -> None:
            query = "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = $1"
            role = await connection.fetchval(query, inputs["serverName"])
            if role is None:
                raise ProviderError(f"Database {name!r}: there is no server {inputs['serverName']!r}.")
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
                await connection.execute(f"CREATE DATABASE {_quoted(database)} OWNER {_quoted(role)}")
            await connection.execute(f"REVOKE CONNECT ON DATABASE {_quoted(database)} FROM PUBLIC")

        administer(self._machine, work)
        return Made(id=f"{inputs['serverName']}/databases/{database}", outputs={"name": database})

    def delete(self, id_: str, outputs: Properties) -> None:
        async def work(connection: asyncpg.Connection) -> None:
            await connection.execute(f"DROP DATABASE IF EXISTS {_quoted(outputs['name'])} WITH (FORCE)")

        administer(self._machine, work)

    def exists(self, id_: str, outputs: Properties) -> bool:
        async def work(connection: asyncpg.Connection) -> bool:
            query = "SELECT true FROM pg_database WHERE datname = $1"
            return bool(await connection.fetchval(query, outputs["name"]))

        return administer(self._machine, work)


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _client_config(_: Properties) -> Properties:
    return {"clientId": TENANT, "objectId": TENANT, "subscriptionId": SUBSCRIPTION, "tenantId": TENANT}


def _credentials(_: Properties) -> Properties:
    """A kubeconfig whose address leads nowhere: the local kubernetes provider does not use one."""
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": ""}
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "local", "cluster": cluster}]}
    encoded = base64.b64encode(json.dumps(config).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": encoded}]}


def recorded() -> dict[str, Handler]:
    """The types that exist in the state only."""
    kinds = {
        "alertsmanagement:PrometheusRuleGroup": Recorded(
            "Microsoft.AlertsManagement/prometheusRuleGroups", "ruleGroupName"
        ),
        "authorization:RoleAssignment": Recorded("Microsoft.Authorization/roleAssignments", "roleAssignmentName"),
        "containerregistry:Registry": Recorded("Microsoft.ContainerRegistry/registries", "registryName", _registry),
        "containerservice:ManagedCluster": Recorded(
            "Microsoft.ContainerService/managedClusters", "resourceName", _cluster
        ),
        "containerservice:DeploymentSafeguard": Recorded(
            "Microsoft.ContainerService/deploymentSafeguards", "deploymentSafeguardName"
        ),
        "containerservice:MaintenanceConfiguration": Recorded(
            "Microsoft.ContainerService/managedClusters", "configName"
        ),
        "managedidentity:FederatedIdentityCredential": Recorded(
            "Microsoft.ManagedIdentity/userAssignedIdentities", "federatedIdentityCredentialResourceName"
        ),
        "managedidentity:UserAssignedIdentity": Recorded(
            "Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName", _identity
        ),
        "monitor:ActionGroup": Recorded("Microsoft.Insights/actionGroups", "actionGroupName"),
        "monitor:AzureMonitorWorkspace": Recorded("Microsoft.Monitor/accounts", "azureMonitorWorkspaceName"),
        "monitor:DataCollectionEndpoint": Recorded(
            "Microsoft.Insights/dataCollectionEndpoints", "dataCollectionEndpointName"
        ),
        "monitor:DataCollectionRule": Recorded("Microsoft.Insights/dataCollectionRules", "dataCollectionRuleName"),
        "monitor:DataCollectionRuleAssociation": Recorded(
            "Microsoft.Insights/dataCollectionRuleAssociations", "associationName"
        ),
        "monitor:DiagnosticSetting": Recorded("Microsoft.Insights/diagnosticSettings", "name"),
        "monitor:MetricAlert": Recorded("Microsoft.Insights/metricAlerts", "ruleName"),
        "network:NatGateway": Recorded("Microsoft.Network/natGateways", "natGatewayName"),
        "network:PublicIPAddress": Recorded("Microsoft.Network/publicIPAddresses", "publicIpAddressName", _address),
        "network:VirtualNetwork": Recorded("Microsoft.Network/virtualNetworks", "virtualNetworkName"),
        "operationalinsights:Workspace": Recorded("Microsoft.OperationalInsights/workspaces", "workspaceName"),
        "privatedns:PrivateZone": Recorded("Microsoft.Network/privateDnsZones", "privateZoneName"),
        "privatedns:VirtualNetworkLink": Recorded("Microsoft.Network/privateDnsZones", "virtualNetworkLinkName"),
        "resources:ResourceGroup": Recorded("resourceGroups", "resourceGroupName"),
    }
    return {f"azure-native:{kind}": handler for kind, handler in kinds.items()}


FUNCTIONS: dict[str, Function] = {
    "azure-native:authorization:getClientConfig": _client_config,
    "azure-native:containerservice:listManagedClusterUserCredentials": _credentials,
}


def package(machine: Machine) -> Package:
    return Package(
        handlers={
            **recorded(),
            "azure-native:dbforpostgresql:Server": Server(machine),
            "azure-native:dbforpostgresql:Database": Database(machine),
        },
        functions=FUNCTIONS,
    )
