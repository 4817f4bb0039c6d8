"""SNS: topics, their policies, subscriptions of queues. The emulator enforces no topic policy and encrypts nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.policies import without_transport
from local.providers.aws.resource import Resource


class _Attributes(Resource):
    """Set one at a time; `attributes` names, by API name, the properties that are sent."""

    service = "sns"
    attributes: ClassVar[Mapping[str, str]]
    set_call: ClassVar[str]

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        if not view.get("arn"):
            return None
        found = super().find({**view, "topicArn": view["arn"], "subscriptionArn": view["arn"]})
        return found and found["Attributes"]

    def change(self, view: Properties) -> None:
        for name, key in self.attributes.items():
            sent = {"topicArn": view["arn"], "subscriptionArn": view["arn"], "attributeName": name}
            self.call(self.set_call, {**sent, "attributeValue": _text(view.get(key, ""))})

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        return all(_same(_text(view.get(key, "")), found.get(name, "")) for name, key in self.attributes.items())


class Topic(_Attributes):
    create_call, read_call, delete_call = "CreateTopic", "GetTopicAttributes", "DeleteTopic"
    set_call = "SetTopicAttributes"
    attributes: ClassVar[Mapping[str, str]] = {"DisplayName": "displayName", "KmsMasterKeyId": "kmsMasterKeyId"}
    translated = frozenset({"displayName", "kmsMasterKeyId"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "TopicArn", "arn": "TopicArn"}
    replace_on = frozenset({"name", "namePrefix"})

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        return super().find({**view, "arn": view.get("id") or self._arn(view["name"])})

    def make(self, view: Properties) -> None:
        view["arn"] = self.call(self.create_call, view)["TopicArn"]
        self.change(view)

    def remove(self, view: Properties) -> None:
        self.call(self.delete_call, {"topicArn": view["id"]})

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        return {**super().derive(view, found), "name": found["TopicArn"].rpartition(":")[2]}

    def _arn(self, name: str) -> str:
        topics = self.aws.call(self.service, "ListTopics", {})["Topics"]
        return next((one["TopicArn"] for one in topics if one["TopicArn"].endswith(f":{name}")), "")


class TopicPolicy(_Attributes):
    """As on AWS a topic always has a policy: a deleted one is followed by that of the owner, who may do everything."""

    create_call, read_call, delete_call = "SetTopicAttributes", "GetTopicAttributes", "SetTopicAttributes"
    update_calls = ("SetTopicAttributes",)
    set_call = "SetTopicAttributes"
    attributes: ClassVar[Mapping[str, str]] = {"Policy": "policy"}
    translated = frozenset({"arn", "policy"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "TopicArn"}
    replace_on = frozenset({"arn"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        return super().view({**properties, "policy": without_transport(properties["policy"])}, name)

    def make(self, view: Properties) -> None:
        self.change(view)

    def remove(self, view: Properties) -> None:
        """The next policy, or the topic's end, takes its place."""


class TopicSubscription(_Attributes):
    """Of a queue: nobody reads e-mail or answers webhooks on this machine."""

    create_call, read_call, delete_call = "Subscribe", "GetSubscriptionAttributes", "Unsubscribe"
    set_call = "SetSubscriptionAttributes"
    names: ClassVar[Mapping[str, str]] = {"TopicArn": "topic"}
    attributes: ClassVar[Mapping[str, str]] = {
        "RawMessageDelivery": "rawMessageDelivery",
        "FilterPolicy": "filterPolicy",
        "RedrivePolicy": "redrivePolicy",
    }
    unset: ClassVar[Properties] = {"rawMessageDelivery": False}
    translated = frozenset({"rawMessageDelivery", "filterPolicy", "redrivePolicy"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "SubscriptionArn", "arn": "SubscriptionArn"}
    replace_on = frozenset({"topic", "protocol", "endpoint"})

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if inputs["protocol"] != "sqs":
            raise ProviderError(f"{self._label(name)}: protocol must be sqs on this machine, not {inputs['protocol']}.")

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        return super().find({**view, "arn": view.get("id") or self._arn(view)})

    def make(self, view: Properties) -> None:
        view["arn"] = self.call(self.create_call, {**view, "returnSubscriptionArn": True})["SubscriptionArn"]
        self.change(view)

    def change(self, view: Properties) -> None:
        super().change({**view, "arn": view.get("id") or view["arn"]})

    def remove(self, view: Properties) -> None:
        self.call(self.delete_call, {"subscriptionArn": view["id"]})

    def _arn(self, view: Properties) -> str:
        try:
            known = self.call("ListSubscriptionsByTopic", view)["Subscriptions"]
        except MissingError:
            return ""
        return next((one["SubscriptionArn"] for one in known if one["Endpoint"] == view["endpoint"]), "")


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _same(wanted: str, found: str) -> bool:
    if wanted.startswith("{") and found:
        return bool(json.loads(wanted) == json.loads(found))
    return wanted == found
