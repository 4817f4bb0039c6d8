"""The rule that somebody has asked of every type of resource what could be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Rule, Stack

UNJUDGED = {
    "aws:apigatewayv2/integration:Integration": "leads to a function; who may call that is its permission's",
    "aws:cognito/resourceServer:ResourceServer": "names of scopes",
    "aws:cognito/userPoolDomain:UserPoolDomain": "a host name",
    "aws:cloudwatch/dashboard:Dashboard": "shows what is there",
    "aws:cloudwatch/eventArchive:EventArchive": "keeps events of a bus that is judged",
    "aws:cloudwatch/eventBus:EventBus": "who may put events is its policy's and the roles'",
    "aws:cloudwatch/eventRule:EventRule": "chooses events; what they reach is the target's own policy's",
    "aws:cloudwatch/eventTarget:EventTarget": "what it reaches is the queue's policy's",
    "aws:kms/alias:Alias": "a name",
    "aws:lambda/alias:Alias": "a name with shares of calls",
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": "how much is kept warm",
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
