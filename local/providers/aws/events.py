"""EventBridge: buses, rules with their targets, archives.

The emulator delivers to a target once and keeps but does not heed its retry policy and its dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Resource


class EventBus(Resource):
    service = "events"
    create_call, read_call, delete_call = "CreateEventBus", "DescribeEventBus", "DeleteEventBus"
    update_calls = ("UpdateEventBus",)
    unset: ClassVar[Properties] = {"description": ""}
    unsupported = frozenset({"eventSourceName", "kmsKeyIdentifier", "logConfig", "deadLetterConfig"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "Name", "name": "Name", "arn": "Arn"}
    replace_on = frozenset({"name"})


class EventRule(Resource):
    service = "events"
    create_call, read_call, delete_call = "PutRule", "DescribeRule", "DeleteRule"
    update_calls = ("PutRule",)
    unset: ClassVar[Properties] = {"description": "", "eventBusName": "default", "state": "ENABLED"}
    unsupported = frozenset({"scheduleExpression", "roleArn", "isEnabled", "forceDestroy"})
    outputs: ClassVar[Mapping[str, str]] = {"name": "Name", "arn": "Arn"}
    replace_on = frozenset({"name", "namePrefix", "eventBusName"})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {**super().derive(view, found), "id": f"{view['eventBusName']}/{found['Name']}"}

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        patterns = (json.loads(text) for text in (view["eventPattern"], found.get("EventPattern") or "{}"))
        same = len({json.dumps(pattern, sort_keys=True) for pattern in patterns}) == 1
        return same and super().as_declared(view, {k: v for k, v in found.items() if k != "EventPattern"})


class EventTarget(Resource):
    """One target of a rule; its Pulumi name is the target's id when the program gives none."""

    service = "events"
    create_call, read_call, delete_call = "PutTargets", "ListTargetsByRule", "RemoveTargets"
    update_calls = ("PutTargets",)
    unset: ClassVar[Properties] = {"eventBusName": "default"}
    translated = frozenset({"arn", "roleArn", "targetId", "deadLetterConfig", "retryPolicy"})
    outputs: ClassVar[Mapping[str, str]] = {"targetId": "Id"}
    replace_on = frozenset({"rule", "eventBusName", "targetId"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        view["targetId"] = view.get("targetId") or view["name"]
        target = {"id": view["targetId"], "arn": view["arn"]}
        target |= {key: view[key] for key in ("roleArn", "deadLetterConfig", "retryPolicy") if key in view}
        return {**view, "targets": [target], "ids": [view["targetId"]]}

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        try:
            targets = self.call(self.read_call, view)["Targets"]
        except MissingError:
            return None
        return next((target for target in targets if target["Id"] == view["targetId"]), None)

    def make(self, view: Properties) -> None:
        answer = self.call(self.create_call, view)
        if failed := answer.get("FailedEntries"):
            raise ProviderError(f"{self._label(view['targetId'])}: {failed[0].get('ErrorMessage')}")

    def change(self, view: Properties) -> None:
        self.make(view)

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {**super().derive(view, found), "id": f"{view['eventBusName']}-{view['rule']}-{found['Id']}"}

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        return super().as_declared(view, {"Targets": [found]})


class EventArchive(Resource):
    """It keeps every event for ever here, whatever `retentionDays` says."""

    service = "events"
    create_call, read_call, delete_call = "CreateArchive", "DescribeArchive", "DeleteArchive"
    update_calls = ("UpdateArchive",)
    names: ClassVar[Mapping[str, str]] = {"ArchiveName": "name"}
    unset: ClassVar[Properties] = {"description": "", "retentionDays": 0}
    unsupported = frozenset({"kmsKeyIdentifier"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "ArchiveName", "name": "ArchiveName", "arn": "ArchiveArn"}
    replace_on = frozenset({"name", "eventSourceArn"})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        arn = f"{view['eventSourceArn'].partition(':event-bus/')[0]}:archive/{found['ArchiveName']}"
        return {**super().derive(view, found), "arn": arn}
