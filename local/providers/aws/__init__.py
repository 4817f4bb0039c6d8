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
from local.providers.aws.client import Aws, connect
from local.providers.aws.resource import Resource
from local.providers.aws.resource import tables as read_tables

_CLASSES: tuple[type[Resource], ...] = (
    *(alarms.MetricAlarm, events.EventTarget, functions.Function, functions.Permission, gateway.Api),
    *(gateway.Integration, gateway.Stage, iam.Role, keys.Key, logs.LogGroup, queues.Queue, queues.QueuePolicy),
    *(queues.RedriveAllowPolicy, secrets.Secret, secrets.SecretVersion, sources.EventSourceMapping, tables.Table),
    *(topics.Topic, topics.TopicPolicy, topics.TopicSubscription),
)
"""The types that are more than their table in types.yaml."""


def handlers(aws: Aws) -> dict[str, Resource]:
    """Returns the handlers of all types in types.yaml."""
    classes = {each.__name__: each for each in _CLASSES}
    return {type_: classes.get(type_.rpartition(":")[2], Resource)(type_, aws) for type_ in read_tables()}


def package(machine: Machine) -> Package:
    """Returns the package of this machine."""
    aws = connect(machine)
    return Package(
        handlers={**handlers(aws), "pulumi:providers:aws": Provider(machine)},
        functions={
            "aws:index/getPartition:getPartition": lambda _: dict(_PARTITION),
            "aws:index/getRegion:getRegion": lambda _: dict(_REGION),
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
        """Has nothing to remove."""

    def _check(self, name: str, inputs: Properties) -> None:
        settings = {key: _parsed(value) for key, value in inputs.items()}
        accounts = set(settings.get("allowedAccountIds", []))
        endpoints = {url for group in settings.get("endpoints", []) for url in group.values()}
        roles = {role.get("roleArn", "") for role in settings.get("assumeRoles", [])}
        foreign = {
            "region": {settings.get("region", REGION)} - {REGION},
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
    """Returns a provider's setting; Pulumi sends one that is no text as JSON in a text."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return json.loads(value)
    return value


_PARTITION = {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}
_REGION = {
    **dict.fromkeys(("id", "name", "region"), REGION),
    "description": "Europe (Frankfurt)",
    "endpoint": f"ec2.{REGION}.amazonaws.com",
}


def _identity(answer: Mapping[str, Any]) -> Properties:
    return {"id": answer["Account"], "accountId": answer["Account"], "arn": answer["Arn"], "userId": answer["UserId"]}
