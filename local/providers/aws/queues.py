"""SQS: queues and the policies on them, each an attribute of its queue.

The emulator enforces policies on callers of its API and not on EventBridge and SNS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.policies import without_transport
from local.providers.aws.resource import Resource

_ATTRIBUTES: Mapping[str, str] = {
    "VisibilityTimeout": "visibilityTimeoutSeconds",
    "MessageRetentionPeriod": "messageRetentionSeconds",
    "ReceiveMessageWaitTimeSeconds": "receiveWaitTimeSeconds",
    "DelaySeconds": "delaySeconds",
    "MaximumMessageSize": "maxMessageSize",
    "SqsManagedSseEnabled": "sqsManagedSseEnabled",
    "RedrivePolicy": "redrivePolicy",
}
_POLICIES = frozenset({"RedrivePolicy", "RedriveAllowPolicy", "Policy"})


class _Attributes(Resource):
    """Part of what a queue is: `attributes` names, by API name, the properties that are sent."""

    service = "sqs"
    create_call, read_call, delete_call = "SetQueueAttributes", "GetQueueAttributes", "SetQueueAttributes"
    update_calls = ("SetQueueAttributes",)
    attributes: ClassVar[Mapping[str, str]]

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        sent = {attribute: _text(view.get(key, "")) for attribute, key in self.attributes.items()}
        return {**view, "attributes": sent, "attributeNames": ["All"]}

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = super().find(view)
        return found and {"QueueUrl": view["queueUrl"], **found["Attributes"]}

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        return all(_same(name, value, found.get(name, "")) for name, value in view["attributes"].items())


class Queue(_Attributes):
    """Its id is its URL; its policies are resources of their own, which a change of the queue leaves alone."""

    create_call, delete_call = "CreateQueue", "DeleteQueue"
    names: ClassVar[Mapping[str, str]] = {"QueueName": "name"}
    attributes = _ATTRIBUTES
    unset: ClassVar[Properties] = {
        "visibilityTimeoutSeconds": 30,
        "messageRetentionSeconds": 345_600,
        "receiveWaitTimeSeconds": 0,
        "delaySeconds": 0,
        "maxMessageSize": 1_048_576,
        "sqsManagedSseEnabled": True,
    }
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
    translated = frozenset(_ATTRIBUTES.values())
    outputs: ClassVar[Mapping[str, str]] = {"id": "QueueUrl", "url": "QueueUrl", "arn": "QueueArn"}
    replace_on = frozenset({"name", "namePrefix"})

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if str(inputs.get("name", "")).endswith(".fifo"):
            raise ProviderError(f"{self._label(name)}: the local stack has standard queues only.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return view if name is not None else {**view, "queueUrl": view["id"]}

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        try:
            url = self.call("GetQueueUrl", view)["QueueUrl"]
        except MissingError:
            return None
        if "id" in view and view["id"] != url:
            return None
        return super().find({**view, "queueUrl": url})

    def make(self, view: Properties) -> None:
        super().make({**view, "attributes": {name: value for name, value in view["attributes"].items() if value}})

    def change(self, view: Properties) -> None:
        super().change({**view, "queueUrl": view["id"]})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {**super().derive(view, found), "name": view["name"]}


class _Policy(_Attributes):
    """One attribute of a queue, taken away when the resource is deleted. The id is the queue's."""

    outputs: ClassVar[Mapping[str, str]] = {"id": "QueueUrl"}
    replace_on = frozenset({"queueUrl"})

    def remove(self, view: Properties) -> None:
        super().remove({**view, "attributes": dict.fromkeys(self.attributes, "")})


class QueuePolicy(_Policy):
    attributes: ClassVar[Mapping[str, str]] = {"Policy": "policy"}
    translated = frozenset({"policy"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        return super().view({**properties, "policy": without_transport(properties["policy"])}, name)


class RedriveAllowPolicy(_Policy):
    attributes: ClassVar[Mapping[str, str]] = {"RedriveAllowPolicy": "redriveAllowPolicy"}
    translated = frozenset({"redriveAllowPolicy"})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(int(value) if isinstance(value, float) else value)


def _same(name: str, wanted: str, found: str) -> bool:
    if name in _POLICIES and wanted and found:
        return bool(json.loads(wanted) == json.loads(found))
    return wanted == found
