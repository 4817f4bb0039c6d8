"""The answers of the clouds to the program: plausible outputs of what it declares; real keys and certificates."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import yaml

from planning.makers import tls
from planning.wire import SECRET, SIGNATURE

ACCOUNT, SUBSCRIPTION, TENANT = "123456789012", str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
REGION = "eu-central-1"

Properties = dict[str, Any]

MAPPED = {"identity"}
"""Inputs that come back in another form."""

_KUBECONFIG = yaml.safe_dump(
    {
        "clusters": [{"cluster": {"server": "https://aks.example:443", "certificate-authority-data": "Q0E="}}],
        "users": [{"user": {"token": "of-a-person"}}],
    }
)
ANSWERS: dict[str, Properties] = {
    "azure-native:authorization:getClientConfig": {
        "clientId": str(uuid.UUID(int=3)),
        "objectId": str(uuid.UUID(int=4)),
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
    },
    "azure-native:containerservice:listManagedClusterUserCredentials": {
        "kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(_KUBECONFIG.encode()).decode()}]
    },
}


def _secret(value: str) -> Properties:
    return {SIGNATURE: SECRET, "value": value}


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def computed(type_: str, name: str, inputs: Properties) -> Properties:
    kind = type_.rpartition(":")[2]
    match type_.partition(":")[0]:
        case "aws":
            return _aws(kind, name, inputs)
        case "azure-native":
            return _azure(kind, name, inputs)
        case "tls":
            return _tls(type_, name, inputs)
        case "docker":
            return {"repoDigest": f"{inputs['imageName'].rpartition(':')[0]}@sha256:{'0' * 64}"}
        case "random":
            return {"result": _secret(f"generated-{name}")}
    return {}


def _aws(kind: str, name: str, inputs: Properties) -> Properties:
    physical = str(inputs.get("name", f"{name}-1a2b3c4"))
    alias = _arn("lambda", f"function:{inputs.get('functionName')}:{physical}")
    secret = _arn("secretsmanager", f"secret:{physical}-AbCdEf")
    scopes = [f"{inputs.get('identifier')}/{scope['scopeName']}" for scope in inputs.get("scopes", [])]
    outputs: dict[str, Properties] = {
        "LogGroup": {"id": physical, "name": physical, "arn": _arn("logs", f"log-group:{physical}")},
        "Role": {"id": physical, "name": physical, "arn": f"arn:aws:iam::{ACCOUNT}:role/{physical}"},
        "Function": {"id": physical, "name": physical, "arn": _arn("lambda", f"function:{physical}"), "version": "7"},
        "Alias": {
            "arn": alias,
            "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{alias}/invocations",
        },
        "Secret": {"id": secret, "arn": secret},
        "SecretVersion": {"secretArn": inputs.get("secretId"), "versionId": "v1"},
        "Table": {
            "id": physical,
            "name": physical,
            "arn": _arn("dynamodb", f"table/{physical}"),
            "streamArn": _arn("dynamodb", f"table/{physical}/stream/2026-11-21T00:00:00.000"),
        },
        "Queue": {
            "id": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical}",
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical}",
            "name": physical,
            "arn": _arn("sqs", physical),
        },
        "EventBus": {"id": physical, "name": physical, "arn": _arn("events", f"event-bus/{physical}")},
        "EventRule": {"name": physical, "arn": _arn("events", f"rule/{inputs.get('eventBusName')}/{physical}")},
        "EventArchive": {"id": physical, "name": physical, "arn": _arn("events", f"archive/{physical}")},
        "Key": {"id": physical, "keyId": physical, "arn": _arn("kms", f"key/{physical}")},
        "Topic": {"id": _arn("sns", physical), "arn": _arn("sns", physical), "name": physical},
        "EventSourceMapping": {"id": str(uuid.UUID(int=5)), "uuid": str(uuid.UUID(int=5))},
        "MetricAlarm": {"id": physical, "name": physical, "arn": _arn("cloudwatch", f"alarm:{physical}")},
        "Api": {"id": "a1b2c3d4e5", "executionArn": _arn("execute-api", "a1b2c3d4e5")},
        "DomainName": {
            "id": inputs.get("domainName"),
            "domainNameConfiguration": {
                **inputs.get("domainNameConfiguration", {}),
                "targetDomainName": f"d-a1b2c3d4e5.execute-api.{REGION}.amazonaws.com",
                "hostedZoneId": "Z1U9ULNL0V5AJ3",
            },
        },
        "Stage": {"id": "$default", "invokeUrl": f"https://{inputs.get('apiId')}.execute-api.{REGION}.amazonaws.com/"},
        "UserPool": {"id": f"{REGION}_AbCdEf123", "region": REGION},
        "ResourceServer": {"scopeIdentifiers": scopes},
        "UserPoolClient": {"id": f"4example{name}", "clientSecret": _secret("")},
        "Stack": {"outputs": {client: f"4example{client}" for client in _outputs_of(inputs.get("templateBody"))}},
    }
    return outputs.get(kind, {})


def _outputs_of(template: str | None) -> list[str]:
    return list(json.loads(template)["Outputs"]) if template else []


def _azure(kind: str, name: str, inputs: Properties) -> Properties:
    names = ("resourceName", "resourceGroupName", "registryName", "privateZoneName", "databaseName", "subnetName")
    physical = str(next((inputs[key] for key in names if key in inputs and _names(kind, key)), f"{name}1a2b3c4d"))
    group = inputs.get("resourceGroupName", physical)
    id_ = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{kind}/{physical}"
    common = {"id": id_, "name": physical}
    match kind:
        case "ResourceGroup":
            return {**common, "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{physical}"}
        case "PublicIPAddress":
            return {**common, "ipAddress": "20.50.0.7"}
        case "UserAssignedIdentity":
            return {**common, "principalId": principal_of(name), "clientId": client_of(name)}
        case "Subnet":
            return {**common, "id": f"{id_.rpartition('/providers/')[0]}/providers/network/subnets/{physical}"}
        case "Registry":
            return {**common, "loginServer": f"{physical}.azurecr.io"}
        case "ManagedCluster":
            issuer = {"enabled": True, "issuerURL": "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"}
            return {**common, "oidcIssuerProfile": issuer, "identity": {"type": "UserAssigned"}}
        case "Server":
            return {**common, "fullyQualifiedDomainName": f"{physical}.postgres.database.azure.com"}
    return common


def _names(kind: str, key: str) -> bool:
    owners = {
        "resourceGroupName": {"ResourceGroup"},
        "resourceName": {"ManagedCluster", "UserAssignedIdentity"},
        "databaseName": {"Database"},
    }
    return key not in owners or kind in owners[key]


def _tls(type_: str, name: str, inputs: Properties) -> Properties:
    """Real keys and certificates."""
    made = tls.MAKERS[type_](name, inputs)
    secrets = tls.SECRETS.get(type_, ())
    return {"id": made.id, **{key: _secret(value) if key in secrets else value for key, value in made.outputs.items()}}


def principal_of(identity: str) -> str:
    """The principal id of an identity, by its Pulumi name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"principal.{identity}"))


def client_of(identity: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"client.{identity}"))
