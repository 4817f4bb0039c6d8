"""Which changes make a provider delete a resource and create it anew, where that is known without asking the provider.

azure-native: https://github.com/pulumi/pulumi-azure-native/blob/master/provider/pkg/gen/replacement.go, and every name
that is part of the resource's URL. kubernetes:
https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/diff.go (forceNew). aws: `ForceNew` in
https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service. tls and random make everything anew.
"""

from __future__ import annotations

ALL = "*"

_NAMED = ("name", "namePrefix")

_BY_TYPE: dict[str, tuple[str, ...]] = {
    "azure-native:authorization:RoleAssignment": ("principalId", "roleDefinitionId", "scope"),
    "azure-native:containerservice:ManagedCluster": (
        *("diskEncryptionSetID", "dnsPrefix", "fqdnSubdomain", "linuxProfile", "nodeResourceGroup", "windowsProfile"),
        *("networkProfile.dnsServiceIP", "networkProfile.networkDataplane", "networkProfile.networkMode"),
        *("networkProfile.networkPlugin", "networkProfile.networkPluginMode", "networkProfile.networkPolicy"),
        *("networkProfile.outboundType", "networkProfile.podCidr", "networkProfile.serviceCidr"),
        "networkProfile.serviceCidrs",
    ),
    "azure-native:dbforpostgresql:Database": ("charset", "collation"),
    "azure-native:dbforpostgresql:Server": ("administratorLogin", "backup.geoRedundantBackup"),
    "azure-native:network:PublicIPAddress": ("publicIPAddressVersion", "publicIPPrefix", "sku"),
    "aws:apigatewayv2/api:Api": ("protocolType",),
    "aws:apigatewayv2/authorizer:Authorizer": ("apiId",),
    "aws:apigatewayv2/domainName:DomainName": ("domainName",),
    "aws:apigatewayv2/integration:Integration": ("apiId", "integrationType"),
    "aws:apigatewayv2/route:Route": ("apiId",),
    "aws:apigatewayv2/stage:Stage": ("apiId", "name"),
    "aws:cloudwatch/dashboard:Dashboard": ("dashboardName",),
    "aws:cloudwatch/eventArchive:EventArchive": ("eventSourceArn", "name"),
    "aws:cloudwatch/eventBus:EventBus": ("name",),
    "aws:cloudwatch/eventRule:EventRule": (*_NAMED, "eventBusName"),
    "aws:cloudwatch/eventTarget:EventTarget": ("eventBusName", "rule", "targetId"),
    "aws:cloudwatch/logGroup:LogGroup": (*_NAMED, "logGroupClass"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name",),
    "aws:cognito/resourceServer:ResourceServer": ("identifier", "userPoolId"),
    "aws:cognito/userPool:UserPool": ("aliasAttributes", "usernameAttributes", "usernameConfiguration"),
    "aws:cognito/userPoolClient:UserPoolClient": ("generateSecret", "userPoolId"),
    "aws:cognito/userPoolDomain:UserPoolDomain": ("domain", "userPoolId"),
    "aws:dynamodb/table:Table": ("hashKey", "localSecondaryIndexes", "name", "rangeKey"),
    "aws:iam/role:Role": (*_NAMED, "path"),
    "aws:iam/rolePolicy:RolePolicy": (*_NAMED, "role"),
    "aws:kms/key:Key": ("customerMasterKeySpec", "keyUsage", "multiRegion"),
    "aws:lambda/alias:Alias": ("functionName", "name"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("eventSourceArn", "startingPosition"),
    "aws:lambda/function:Function": ("name", "packageType"),
    "aws:lambda/permission:Permission": (ALL,),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": ("functionName", "qualifier"),
    "aws:secretsmanager/secret:Secret": _NAMED,
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretId", "secretString"),
    "aws:sns/topic:Topic": (*_NAMED, "fifoTopic"),
    "aws:sqs/queue:Queue": (*_NAMED, "fifoQueue"),
    "kubernetes:apps/v1:Deployment": ("spec.selector",),
    "kubernetes:apps/v1:StatefulSet": (
        *("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
    ),
    "kubernetes:batch/v1:Job": ("spec.selector", "spec.template"),
    "kubernetes:core/v1:PersistentVolumeClaim": ("spec",),
    "kubernetes:core/v1:Secret": ("type",),
    "kubernetes:core/v1:Service": ("spec.clusterIP",),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": ("roleRef",),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": ("roleRef",),
}
_BY_PACKAGE: dict[str, tuple[str, ...]] = {
    "azure-native": (
        *("databaseName", "location", "privateZoneName", "registryName", "resourceGroupName", "resourceName"),
        *("serverName", "virtualNetworkName", "vaultName", "workspaceName"),
    ),
    "kubernetes": ("apiVersion", "kind", "metadata.name", "metadata.namespace"),
    "random": (ALL,),
    "tls": (ALL,),
}


def replaces(type_: str, path: str) -> bool:
    """Whether a change of the property at `path` (`networkProfile.podCidr`) replaces a resource of the type."""
    known = (*_BY_TYPE.get(type_, ()), *_BY_PACKAGE.get(type_.partition(":")[0], ()))
    return any(each in (ALL, path) or path.startswith((f"{each}.", f"{each}[")) for each in known)
