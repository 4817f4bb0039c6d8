"""The replacements of a change: the properties for which a provider deletes the resource and creates it anew.

One table for all who need it: the plan and the policy say what a change would replace, and the local stack replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ALL = "*"
"""Every property."""


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """A row of the table."""

    properties: tuple[str, ...]
    """Paths such as `networkProfile.podCidr`; a path stands for everything below it too."""
    source: str
    """The page on which the provider says so."""


def _rows(source: str, table: Mapping[str, tuple[str, str]]) -> dict[str, Replacement]:
    """Returns rows by type, from (file below `source`, properties separated by spaces)."""
    return {
        type_: Replacement(properties=tuple(properties.split()), source=f"{source}{file}")
        for type_, (file, properties) in table.items()
    }


_NAMES = "name namePrefix"
# `ForceNew: true` in the file.
_AWS = {
    "aws:apigatewayv2/api:Api": ("apigatewayv2/api.go", "credentialsArn protocolType routeKey target"),
    "aws:apigatewayv2/authorizer:Authorizer": ("apigatewayv2/authorizer.go", "apiId"),
    "aws:apigatewayv2/domainName:DomainName": ("apigatewayv2/domain_name.go", "domainName"),
    "aws:apigatewayv2/integration:Integration": (
        "apigatewayv2/integration.go",
        "apiId integrationSubtype integrationType",
    ),
    "aws:apigatewayv2/route:Route": ("apigatewayv2/route.go", "apiId"),
    "aws:apigatewayv2/stage:Stage": ("apigatewayv2/stage.go", "apiId name"),
    "aws:cloudformation/stack:Stack": ("cloudformation/stack.go", "disableRollback name onFailure timeoutInMinutes"),
    "aws:cloudwatch/dashboard:Dashboard": ("cloudwatch/dashboard.go", "dashboardName"),
    "aws:cloudwatch/eventArchive:EventArchive": ("events/archive.go", "eventSourceArn name"),
    "aws:cloudwatch/eventBus:EventBus": ("events/bus.go", "eventSourceName name"),
    "aws:cloudwatch/eventRule:EventRule": ("events/rule.go", f"{_NAMES} eventBusName"),
    "aws:cloudwatch/eventTarget:EventTarget": ("events/target.go", "eventBusName rule targetId"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs/group.go", f"{_NAMES} logGroupClass"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch/metric_alarm.go", "name"),
    "aws:cognito/resourceServer:ResourceServer": ("cognitoidp/resource_server.go", "identifier userPoolId"),
    "aws:cognito/userGroup:UserGroup": ("cognitoidp/user_group.go", "name userPoolId"),
    "aws:cognito/userPool:UserPool": (
        "cognitoidp/user_pool.go",
        "aliasAttributes usernameAttributes usernameConfiguration",
    ),
    "aws:cognito/userPoolClient:UserPoolClient": ("cognitoidp/user_pool_client.go", "generateSecret userPoolId"),
    "aws:cognito/userPoolDomain:UserPoolDomain": ("cognitoidp/user_pool_domain.go", "domain userPoolId"),
    "aws:dynamodb/table:Table": ("dynamodb/table.go", "hashKey localSecondaryIndexes name rangeKey"),
    "aws:iam/role:Role": ("iam/role.go", f"{_NAMES} path"),
    "aws:iam/rolePolicy:RolePolicy": ("iam/role_policy.go", f"{_NAMES} role"),
    "aws:kms/key:Key": ("kms/key.go", "customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId"),
    "aws:lambda/alias:Alias": ("lambda/alias.go", "functionName name"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": (
        "lambda/event_source_mapping.go",
        (
            "amazonManagedKafkaEventSourceConfig eventSourceArn queues selfManagedEventSource "
            "selfManagedKafkaEventSourceConfig startingPosition startingPositionTimestamp topics"
        ),
    ),
    "aws:lambda/function:Function": ("lambda/function.go", "name packageType"),
    "aws:lambda/permission:Permission": ("lambda/permission.go", ALL),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": (
        "lambda/provisioned_concurrency_config.go",
        "functionName qualifier",
    ),
    "aws:secretsmanager/secret:Secret": ("secretsmanager/secret.go", _NAMES),
    "aws:secretsmanager/secretVersion:SecretVersion": (
        "secretsmanager/secret_version.go",
        "secretBinary secretId secretString secretStringWoVersion",
    ),
    "aws:sns/topic:Topic": ("sns/topic.go", f"{_NAMES} fifoTopic"),
    "aws:sns/topicPolicy:TopicPolicy": ("sns/topic_policy.go", "arn"),
    "aws:sns/topicSubscription:TopicSubscription": ("sns/topic_subscription.go", "endpoint protocol topic"),
    "aws:sqs/queue:Queue": ("sqs/queue.go", f"{_NAMES} fifoQueue"),
    "aws:sqs/queuePolicy:QueuePolicy": ("sqs/queue_policy.go", "queueUrl"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": ("sqs/queue_redrive_allow_policy.go", "queueUrl"),
}
# Every name that is part of the resource's URL, and what `replacement.go` adds by type.
_AZURE = {
    "azure-native": (
        "",
        (
            "location privateZoneName registryName resourceGroupName resourceName serverName "
            "subnetName virtualNetworkName vaultName workspaceName"
        ),
    ),
    "azure-native:authorization:RoleAssignment": ("", "principalId roleDefinitionId scope"),
    "azure-native:containerservice:ManagedCluster": (
        "",
        (
            "diskEncryptionSetID dnsPrefix fqdnSubdomain linuxProfile nodeResourceGroup windowsProfile "
            "networkProfile.dnsServiceIP networkProfile.networkDataplane networkProfile.networkMode "
            "networkProfile.networkPlugin networkProfile.networkPluginMode networkProfile.networkPolicy "
            "networkProfile.outboundType networkProfile.podCidr networkProfile.serviceCidr networkProfile.serviceCidrs"
        ),
    ),
    "azure-native:dbforpostgresql:Server": ("", "administratorLogin backup.geoRedundantBackup"),
    "azure-native:network:PublicIPAddress": ("", "publicIPAddressVersion publicIPPrefix sku"),
}
# `forceNew` in the file.
_KUBERNETES = {
    "kubernetes": ("", "apiVersion kind metadata.name metadata.namespace"),
    "kubernetes:apps/v1:Deployment": ("", "spec.selector"),
    "kubernetes:batch/v1:Job": ("", "spec.selector spec.template"),
    "kubernetes:core/v1:Secret": ("", "type"),
    "kubernetes:core/v1:Service": ("", "spec.clusterIP"),
}

TABLE: dict[str, Replacement] = {
    **_rows("https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/", _AWS),
    **_rows(
        "https://github.com/pulumi/pulumi-azure-native/blob/master/provider/pkg/gen/replacement.go",
        _AZURE,
    ),
    **_rows("https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/diff.go", _KUBERNETES),
    **_rows("https://www.pulumi.com/registry/packages/random/", {"random": ("", ALL)}),
    **_rows("https://www.pulumi.com/registry/packages/tls/", {"tls": ("", ALL)}),
}
"""The rows by type (`aws:iam/role:Role`), and by package (`tls`) those that hold for all of its types."""


def replaces(type_: str, path: str) -> bool:
    """Returns whether a change of the property at `path` replaces a resource of the type."""
    rows = (TABLE[key] for key in (type_, type_.partition(":")[0]) if key in TABLE)
    known = (property_ for row in rows for property_ in row.properties)
    return any(each in (ALL, path) or path.startswith((f"{each}.", f"{each}[")) for each in known)
