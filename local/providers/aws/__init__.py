"""pulumi-aws on this machine: each type made for real in the AWS emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.errors import ProviderError
from local.machine import ACCOUNT, REGION, Machine
from local.provider import Made, Package, Properties, Updatable
from local.providers.aws import (
    alarms,
    events,
    functions,
    gateway,
    iam,
    keys,
    logs,
    queues,
    secrets,
    sources,
    tables,
    topics,
)
from local.providers.aws.client import connect
from local.providers.aws.resource import Resource

TYPES: Mapping[str, type[Resource]] = {
    "aws:iam/role:Role": iam.Role,
    "aws:iam/rolePolicy:RolePolicy": iam.RolePolicy,
    "aws:cloudwatch/logGroup:LogGroup": logs.LogGroup,
    "aws:secretsmanager/secret:Secret": secrets.Secret,
    "aws:secretsmanager/secretVersion:SecretVersion": secrets.SecretVersion,
    "aws:lambda/function:Function": functions.Function,
    "aws:lambda/alias:Alias": functions.Alias,
    "aws:lambda/permission:Permission": functions.Permission,
    "aws:lambda/eventSourceMapping:EventSourceMapping": sources.EventSourceMapping,
    "aws:dynamodb/table:Table": tables.Table,
    "aws:sqs/queue:Queue": queues.Queue,
    "aws:sqs/queuePolicy:QueuePolicy": queues.QueuePolicy,
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": queues.RedriveAllowPolicy,
    "aws:cloudwatch/eventBus:EventBus": events.EventBus,
    "aws:cloudwatch/eventRule:EventRule": events.EventRule,
    "aws:cloudwatch/eventTarget:EventTarget": events.EventTarget,
    "aws:cloudwatch/eventArchive:EventArchive": events.EventArchive,
    "aws:kms/key:Key": keys.Key,
    "aws:sns/topic:Topic": topics.Topic,
    "aws:sns/topicPolicy:TopicPolicy": topics.TopicPolicy,
    "aws:sns/topicSubscription:TopicSubscription": topics.TopicSubscription,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarms.MetricAlarm,
    "aws:cloudwatch/dashboard:Dashboard": alarms.Dashboard,
    "aws:apigatewayv2/api:Api": gateway.Api,
    "aws:apigatewayv2/integration:Integration": gateway.Integration,
    "aws:apigatewayv2/authorizer:Authorizer": gateway.Authorizer,
    "aws:apigatewayv2/route:Route": gateway.Route,
    "aws:apigatewayv2/stage:Stage": gateway.Stage,
}


def package(machine: Machine) -> Package:
    aws = connect(machine)
    return Package(
        handlers={**{token: type_(aws) for token, type_ in TYPES.items()}, "pulumi:providers:aws": Provider(machine)},
        functions={
            "aws:index/getPartition:getPartition": _partition,
            "aws:index/getRegion:getRegion": _region,
            "aws:index/getCallerIdentity:getCallerIdentity": lambda _: _identity(
                aws.call("sts", "GetCallerIdentity", {})
            ),
        },
    )


class Provider(Updatable):
    """An explicit provider of the program. Nothing in it can lead away from the emulator."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def create(self, name: str, inputs: Properties) -> Made:
        self._check(name, inputs)
        return Made(id=name)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        self._check(id_, new)
        return {}

    def delete(self, id_: str, outputs: Properties) -> None:
        """It lives in the state only."""

    def _check(self, name: str, inputs: Properties) -> None:
        given = {key: _parsed(value) for key, value in inputs.items()}
        accounts = set(given.get("allowedAccountIds", []))
        endpoints = {url for group in given.get("endpoints", []) for url in group.values()}
        roles = {role.get("roleArn", "") for role in given.get("assumeRoles", [])}
        foreign = {
            "region": {given.get("region", REGION)} - {REGION},
            "allowedAccountIds": accounts - {ACCOUNT},
            "endpoints": endpoints - {self._machine.emulator_url},
            "assumeRoles": {role for role in roles if f"::{ACCOUNT}:" not in role},
        }
        for setting, values in foreign.items():
            if values:
                raise ProviderError(
                    f"aws Provider {name!r}: {setting} has {', '.join(sorted(values))}; the stack 'local' reaches "
                    f"nothing but the emulator at {self._machine.emulator_url}, account {ACCOUNT}, region {REGION}."
                )


def _parsed(value: Any) -> Any:
    """Pulumi sends a provider's settings as strings; those that are none are JSON in a string."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return value


def _partition(_: Properties) -> Properties:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _region(_: Properties) -> Properties:
    endpoint = f"ec2.{REGION}.amazonaws.com"
    return {"id": REGION, "name": REGION, "region": REGION, "description": "Europe (Frankfurt)", "endpoint": endpoint}


def _identity(answer: Mapping[str, Any]) -> Properties:
    return {"id": answer["Account"], "accountId": answer["Account"], "arn": answer["Arn"], "userId": answer["UserId"]}
