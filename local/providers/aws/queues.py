"""SQS: queues and the policies on them, each an attribute of its queue.

The emulator enforces policies on callers of its API and not on EventBridge and SNS.
"""

from __future__ import annotations

import json
from typing import Any

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Description, Resource


class _Attributes(Resource):
    """Part of what a queue is."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return {**view, "attributes": self.attributes(view)}

    def find(self, view: Properties) -> Description | None:
        queue = super().find(view)
        return queue and {"QueueUrl": view["queueUrl"], **queue["Attributes"]}


class Queue(_Attributes):
    """Its id is its URL; its policies are resources of their own, which a change of the queue leaves alone."""

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if str(inputs.get("name", "")).endswith(".fifo"):
            raise ProviderError(f"{self.label(name)}: the local stack has standard queues only.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return {**view, "queueUrl": view["id"]} if "id" in view else view

    def find(self, view: Properties) -> Description | None:
        try:
            url = self.call("GetQueueUrl", view)["QueueUrl"]
        except MissingError:
            return None
        return super().find({**view, "queueUrl": url}) if view.get("id", url) == url else None

    def make(self, view: Properties) -> None:
        super().make({**view, "attributes": {name: value for name, value in view["attributes"].items() if value}})

    def change(self, view: Properties) -> None:
        super().change({**view, "queueUrl": view["id"]})


class RedriveAllowPolicy(_Attributes):
    """One attribute of a queue, taken away when the resource is deleted. The id is the queue's."""

    def find(self, view: Properties) -> Description | None:
        queue = super().find(view)
        if queue is None or "id" not in view:
            return queue
        declared = view["attributes"].items()
        return queue if all(bool(queue.get(name)) == bool(value) for name, value in declared) else None

    def remove(self, view: Properties) -> None:
        super().remove({**view, "attributes": dict.fromkeys(self.table.attributes, "")})


class QueuePolicy(RedriveAllowPolicy):
    """Another attribute of a queue, without what can't hold on this machine."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        return super().view({**properties, "policy": without_transport(properties["policy"])}, name)


def without_transport(policy: str) -> str:
    """Returns `policy` without the statements that refuse plain HTTP, or an empty text when none is left.

    Plain HTTP is all that the emulator speaks on its loopback address: with them it would refuse everybody.
    """
    document = json.loads(policy)
    kept = [statement for statement in document["Statement"] if not _on_transport(statement)]
    return json.dumps({**document, "Statement": kept}) if kept else ""


def _on_transport(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {})
    keys = {key.lower() for operator in condition.values() for key in operator}
    return statement["Effect"] == "Deny" and keys == {"aws:securetransport"}
