"""Rules for what the program may have one day; what it has is in test_mutations.py."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy.rule import Finding, Resource, Rule, Stack
from policy.rules import RULES

NAMES = {rule.name: rule for rule in RULES}
QUEUE, TABLE, TOPIC = "aws:sqs/queue:Queue", "aws:dynamodb/table:Table", "aws:sns/topic:Topic"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
RIGHTS, QUEUE_POLICY, KEY = "aws:iam/policy:Policy", "aws:sqs/queuePolicy:QueuePolicy", "aws:kms/key:Key"
CONFIGURATION = "azure-native:dbforpostgresql:Configuration"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
ARN = "arn:aws:sqs:eu-central-1:123456789012:orders"


def findings(name: str, *resources: Resource) -> list[Finding]:
    rule = NAMES[name]
    if rule.stack:
        return list(rule.stack(Stack(name="prod", production=True, resources=resources, config={})))
    assert rule.resource
    return [finding for resource in resources if resource.type in rule.types for finding in rule.resource(resource)]


def of(type_: str, **properties: Any) -> Resource:
    return Resource(type=type_, name="it", properties=properties)


def policy(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", **statement}]})


def sources(network: str) -> dict[str, Any]:
    return {"name": "callers", "action": "Allow", "principal": {"clientCIDRs": [network]}}


SERVICE = {"Service": "events.amazonaws.com"}
FROM_RULE = {"ArnEquals": {"aws:SourceArn": "<EventRule it.arn>"}}
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}

CASES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("queues-are-encrypted", QUEUE, {"sqsManagedSseEnabled": True}, {"sqsManagedSseEnabled": False}),
    ("queues-are-encrypted", QUEUE, {"kmsMasterKeyId": "k"}, {}),
    ("topics-are-encrypted", TOPIC, {"kmsMasterKeyId": "<Key it.id>"}, {}),
    ("kms-keys-rotate", KEY, {"enableKeyRotation": True}, {"enableKeyRotation": False}),
    ("tables-can-be-restored", TABLE, {"pointInTimeRecovery": {"enabled": True}}, {}),
    ("tables-are-not-deleted", TABLE, {"deletionProtectionEnabled": True}, {"deletionProtectionEnabled": False}),
    (
        "tables-are-encrypted-with-a-key-of-ours",
        TABLE,
        {"serverSideEncryption": {"enabled": True, "kmsKeyArn": "<Key it.arn>"}},
        {"serverSideEncryption": {"enabled": True}},
    ),
    (
        "connections-are-encrypted",
        CONFIGURATION,
        {"configurationName": "require_secure_transport", "value": "on"},
        {"configurationName": "require_secure_transport", "value": "off"},
    ),
    (
        "connections-are-encrypted",
        CONFIGURATION,
        {"configurationName": "ssl_min_protocol_version", "value": "TLSv1.3"},
        {"configurationName": "ssl_min_protocol_version", "value": "TLSv1.1"},
    ),
    (
        "domains-speak-tls-1-2",
        "aws:apigatewayv2/domainName:DomainName",
        {"domainNameConfiguration": {"securityPolicy": "TLS_1_2"}},
        {"domainNameConfiguration": {"securityPolicy": "TLS_1_0"}},
    ),
    (
        "function-urls-need-signatures",
        "aws:lambda/functionUrl:FunctionUrl",
        {"authorizationType": "AWS_IAM"},
        {"authorizationType": "NONE"},
    ),
    (
        "workspaces-end",
        "azure-native:operationalinsights:Workspace",
        {"retentionInDays": 30},
        {},
    ),
    ("cluster-roles-are-named", ROLE, {"rules": [{"verbs": ["get"]}]}, {"rules": [{"verbs": ["*"]}]}),
    ("actions-are-named", RIGHTS, {"policy": policy(Action="sqs:SendMessage")}, {"policy": policy(NotAction="sqs:X")}),
    (
        "actions-are-named",
        RIGHTS,
        {"policy": json.dumps({"Statement": {"Effect": "Deny", "Action": "*"}})},
        {"policy": policy(Action="sqs:Send?essage")},
    ),
    ("actions-are-named", KEY, {"policy": policy(Action="kms:*", Principal=ROOT)}, {"policy": policy(Action="kms:*")}),
    (
        "resources-are-named",
        RIGHTS,
        {"policy": policy(Action="sqs:SendMessage", Resource=[ARN, f"{ARN}-*", "<Table it.arn>/index/*"])},
        {"policy": policy(Action="sqs:SendMessage", Resource=[ARN, "arn:aws:sqs:eu-central-1:123456789012:*"])},
    ),
    (
        "resources-are-named",
        RIGHTS,
        {"policy": policy(Action=["dynamodb:ListStreams"], Resource="*")},
        {"policy": policy(Action=["dynamodb:ListStreams", "dynamodb:Scan"], Resource="*")},
    ),
    (
        "resources-are-named",
        RIGHTS,
        {"policy": policy(Action="lambda:InvokeFunction", Resource="arn:aws:lambda:r:1:function:orders:*")},
        {"policy": policy(Action="lambda:InvokeFunction", Resource="arn:aws:lambda:r:1:function:*")},
    ),
    (
        "resources-are-named",
        RIGHTS,
        {"policy": policy(Action="s3:GetObject", Resource="arn:aws:s3:::bucket/*")},
        {"policy": policy(Action="s3:GetObject", NotResource="arn:aws:s3:::other/*")},
    ),
    (
        "principals-are-named",
        QUEUE_POLICY,
        {"policy": policy(Principal=SERVICE, Condition=FROM_RULE)},
        {"policy": policy(Principal=SERVICE)},
    ),
    (
        "principals-are-named",
        QUEUE_POLICY,
        {"policy": policy(Principal={"AWS": "arn:aws:iam::123456789012:role/x"})},
        {"policy": policy(Principal="*", Condition=FROM_RULE)},
    ),
    (
        "principals-are-named",
        QUEUE_POLICY,
        {"policy": json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*"}]})},
        {"policy": policy(NotPrincipal=ROOT)},
    ),
    (
        "registries-are-private",
        "azure-native:containerregistry:Registry",
        {"publicNetworkAccess": "Disabled"},
        {"publicNetworkAccess": "Enabled"},
    ),
    (
        "sources-are-named",
        "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy",
        {"spec": {"authorization": {"rules": [sources("203.0.113.0/24")]}}},
        {"spec": {"authorization": {"rules": [sources("0.0.0.0/0")]}}},
    ),
    (
        "keys-are-strong",
        "tls:index/privateKey:PrivateKey",
        {"algorithm": "RSA", "rsaBits": 3072},
        {"algorithm": "RSA", "rsaBits": 1024},
    ),
)


@pytest.mark.parametrize(("name", "type_", "good", "bad"), CASES)
def test_rule_tells_good_from_bad(name: str, type_: str, good: dict[str, Any], bad: dict[str, Any]) -> None:
    assert findings(name, of(type_, **good)) == []
    assert findings(name, of(type_, **bad)) != []


def test_a_queue_that_is_read_has_somewhere_for_what_always_fails() -> None:
    mapping = of(MAPPING, eventSourceArn="<Queue it.arn>", functionResponseTypes=["ReportBatchItemFailures"])
    rule = "queues-that-are-read-have-a-dead-letter-queue"
    assert findings(rule, of(QUEUE, redrivePolicy="{}"), mapping) == []
    (missing,) = findings(rule, of(QUEUE), mapping)
    assert missing.property == "redrivePolicy"
    (whole,) = findings("consumers-lose-nothing", of(MAPPING, eventSourceArn="<Queue other.arn>"))
    assert whole.property == "functionResponseTypes"


def test_a_stream_that_is_read_has_somewhere_for_what_always_fails() -> None:
    stream = {"eventSourceArn": "<Table it.streamArn>", "startingPosition": "TRIM_HORIZON"}
    failures = {"onFailure": {"destinationArn": "<Queue it.arn>"}}
    good = of(MAPPING, **stream, bisectBatchOnFunctionError=True, destinationConfig=failures)
    assert findings("consumers-lose-nothing", good) == []
    both = findings("consumers-lose-nothing", of(MAPPING, **stream))
    assert [finding.property for finding in both] == ["functionResponseTypes", "destinationConfig.onFailure"]


def test_a_topic_that_alarms_tell_has_a_key_that_they_may_use() -> None:
    alarm = of("aws:cloudwatch/metricAlarm:MetricAlarm", alarmActions=["<Topic it.arn>"])
    rule = "alarms-can-reach-their-topics"
    assert findings(rule, of(TOPIC, kmsMasterKeyId="alias/aws/sns")) == []
    assert findings(rule, of(TOPIC, kmsMasterKeyId="<Key it.id>"), alarm) == []
    assert len(findings(rule, of(TOPIC, kmsMasterKeyId="alias/aws/sns"), alarm)) == 1


def test_a_type_that_no_rule_knows_is_one_finding() -> None:
    unknown = of("aws:s3/bucket:Bucket")
    (finding,) = findings("every-type-was-looked-at", unknown, unknown)
    assert finding.given == "aws:s3/bucket:Bucket"


def test_names_are_unique_and_everything_has_a_reason_and_a_source() -> None:
    assert len(NAMES) == len(RULES)
    for rule in RULES:
        assert rule.why
        assert not rule.why.endswith(".")
        assert rule.source.startswith("https://")
        assert (rule.resource is None) != (rule.stack is None)
        assert rule.stack or rule.types


def test_rules_apply_where_they_make_sense() -> None:
    local = Stack(name="local", production=False, resources=(), config={})
    dev = Stack(name="dev", production=False, resources=(), config={})
    prod = Stack(name="prod", production=True, resources=(), config={})

    def where(rule: Rule) -> list[bool]:
        return [rule.applies(stack) for stack in (local, dev, prod)]

    assert where(NAMES["pods-are-confined"]) == [True, True, True]
    assert where(NAMES["azure-resources-are-tagged"]) == [False, True, True]
    assert where(NAMES["tables-are-not-deleted"]) == [False, False, True]


def test_an_api_with_a_name_of_its_own_has_no_other_address() -> None:
    api, mapping = "aws:apigatewayv2/api:Api", of("aws:apigatewayv2/apiMapping:ApiMapping", apiId="<Api it.id>")
    assert findings("apis-have-one-entrance", of(api)) == []
    assert findings("apis-have-one-entrance", of(api, disableExecuteApiEndpoint=True), mapping) == []
    (found,) = findings("apis-have-one-entrance", of(api, disableExecuteApiEndpoint=False), mapping)
    assert found.property == "disableExecuteApiEndpoint"
