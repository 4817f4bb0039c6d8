"""The rule that every type of resource has a rule, or a reason why it needs none."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Rule, Stack

UNJUDGED = {
    "aws:apigatewayv2/integration:Integration": "it leads to a function, whose permission says who may call",
    "aws:cognito/resourceServer:ResourceServer": "names of scopes",
    "aws:cognito/userGroup:UserGroup": "a name; people become members by hand",
    "aws:cognito/userPoolDomain:UserPoolDomain": "a host name",
    "aws:cloudwatch/dashboard:Dashboard": "it only shows data",
    "aws:cloudwatch/eventArchive:EventArchive": "it keeps events of a bus that is judged",
    "aws:cloudwatch/eventBus:EventBus": "its policy and the roles decide who may put events",
    "aws:cloudwatch/eventRule:EventRule": "it chooses events; the policy of its target decides what they reach",
    "aws:cloudwatch/eventTarget:EventTarget": "the policy of the queue decides what it reaches",
    "aws:kms/alias:Alias": "a name",
    "aws:lambda/alias:Alias": "a name with shares of calls",
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": "it only keeps environments warm",
    "aws:route53/record:Record": "a host name",
    "aws:sns/topicSubscription:TopicSubscription": "an address that people confirm",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "only narrows who may use the queue as a dead-letter queue",
    "docker:index/image:Image": "pods name it by digest, which is judged there",
    "kubernetes:core/v1:ConfigMap": "nothing-looks-like-a-secret reads it",
    "kubernetes:gateway.envoyproxy.io/v1alpha1:BackendTrafficPolicy": "time-outs and retries",
    "kubernetes:gateway.networking.k8s.io/v1:GatewayClass": "a name",
    "random:index/randomPassword:RandomPassword": "its result is secret by itself",
    "azure-native:monitor:MetricAlert": "watches",
    "azure-native:monitor:DataCollectionEndpoint": "takes metrics with an identity",
    "azure-native:monitor:DataCollectionRule": "sends logs and metrics to workspaces that are judged",
    "azure-native:monitor:DataCollectionRuleAssociation": "ties a rule to the cluster",
    "azure-native:alertsmanagement:PrometheusRuleGroup": "watches",
    "azure-native:alertsmanagement:AlertProcessingRuleByName": "only with `hours`, which production refuses",
    "azure-native:containerservice:DeploymentSafeguard": "says what it finds in pods, which have rules here",
    "azure-native:containerservice:MaintenanceConfiguration": "when upgrades may happen",
}
"""Types without a rule, and why they need none."""


def every_type_was_looked_at(stack: Stack) -> Iterator[Finding]:
    from policy.rules import RULES as ALL  # noqa: PLC0415 - the rules are complete when a stack is judged

    judged = {type_ for rule in ALL for type_ in rule.types}
    seen = set()
    for resource in stack.resources:
        if resource.type not in judged and resource.type not in UNJUDGED and resource.type not in seen:
            seen.add(resource.type)
            yield Finding(
                property="type",
                allowed="be one that a rule judges, or that needs none",
                given=resource.type,
                do="Write a rule in policy/rules, or say in policy/rules/types.py why it needs none.",
                resource=resource,
            )


RULES = (
    Rule(
        name="every-type-was-looked-at",
        why="A type that no rule knows passes every rule",
        source="https://owasp.org/www-project-developer-guide/draft/foundations/security_principles/#fail-safe-defaults",
        stack=every_type_was_looked_at,
    ),
)
