"""Lambda's event source mappings: queues and table streams.

Of a stream's mapping the emulator heeds filters, the batch size and the age of records; it keeps and does not heed the
report of failed items, the number of tries and bisecting: a failing batch is tried again until it is too old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Resource


class EventSourceMapping(Resource):
    service = "lambda"
    create_call, read_call = "CreateEventSourceMapping", "GetEventSourceMapping"
    update_calls, delete_call = ("UpdateEventSourceMapping",), "DeleteEventSourceMapping"
    names: ClassVar[Mapping[str, str]] = {"UUID": "id", "Destination": "destinationArn"}
    unset: ClassVar[Properties] = {
        "enabled": True,
        "maximumBatchingWindowInSeconds": 0,
        "functionResponseTypes": [],
        "filterCriteria": {"filters": []},
    }
    absent: ClassVar[Mapping[str, Any]] = {"FilterCriteria": {"Filters": []}}
    unsupported = frozenset(
        {"amazonManagedKafkaEventSourceConfig", "selfManagedKafkaEventSourceConfig", "selfManagedEventSource"}
        | {"documentDbEventSourceConfig", "queues", "topics", "sourceAccessConfigurations", "kmsKeyArn"}
        | {"provisionedPollerConfig", "startingPositionTimestamp", "tumblingWindowInSeconds"}
    )
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "UUID",
        "uuid": "UUID",
        "functionArn": "FunctionArn",
        "state": "State",
    }
    replace_on = frozenset({"eventSourceArn", "startingPosition"})

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if ":sqs:" in inputs["eventSourceArn"]:
            self._check_visibility(name, inputs)

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        if "id" in view:
            return super().find(view)
        known = self.call("ListEventSourceMappings", view)["EventSourceMappings"]
        return next(iter(known), None)

    def make(self, view: Properties) -> None:
        view["id"] = self.call(self.create_call, view)["UUID"]

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        """A name with an alias is told as the ARN that it stands for; whether it is enabled, as a state."""
        name, _, qualifier = view["functionName"].rpartition("function:")[2].partition(":")
        function = found["FunctionArn"].rpartition("function:")[2]
        enabled = found["State"] not in ("Disabled", "Disabling")
        rest = {key: value for key, value in view.items() if key not in ("functionName", "enabled")}
        same = function == f"{name}:{qualifier}".rstrip(":") and enabled == view["enabled"]
        return same and super().as_declared(rest, found)

    def _check_visibility(self, name: str, inputs: Properties) -> None:
        """As AWS does it: a batch that is still being worked on must not become visible to others."""
        queue = {"QueueName": inputs["eventSourceArn"].rpartition(":")[2]}
        try:
            url = self.aws.call("sqs", "GetQueueUrl", queue)["QueueUrl"]
            asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
            visibility = int(self.aws.call("sqs", "GetQueueAttributes", asked)["Attributes"]["VisibilityTimeout"])
            function = self.aws.call("lambda", "GetFunctionConfiguration", {"FunctionName": inputs["functionName"]})
        except MissingError as error:
            raise ProviderError(f"{self._label(name)}: {error}") from error
        if visibility < function["Timeout"]:
            raise ProviderError(
                f"{self._label(name)}: the queue's visibility timeout of {visibility} s is less than the function's "
                f"timeout of {function['Timeout']} s. AWS refuses this; it recommends six times the timeout."
            )
