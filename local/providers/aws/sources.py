"""Lambda's event source mappings: queues and table streams.

Of a stream's mapping the emulator heeds filters, the batch size and the age of records; it keeps and does not heed the
report of failed items, the number of tries and bisecting: a failing batch is tried again until it is too old.
"""

from __future__ import annotations

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Description, Resource


class EventSourceMapping(Resource):
    """aws:lambda/eventSourceMapping:EventSourceMapping"""

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if ":sqs:" in inputs["eventSourceArn"]:
            self._check_visibility(name, inputs)

    def find(self, view: Properties) -> Description | None:
        if "id" in view:
            return super().find(view)
        return next(iter(self.call("ListEventSourceMappings", view)["EventSourceMappings"]), None)

    def _check_visibility(self, name: str, inputs: Properties) -> None:
        """Refuses what AWS refuses: a batch that is still being worked on must not become visible to others."""
        queue = {"QueueName": inputs["eventSourceArn"].rpartition(":")[2]}
        try:
            attributes = {**self.aws.call("sqs", "GetQueueUrl", queue), "AttributeNames": ["VisibilityTimeout"]}
            attributes.pop("ResponseMetadata", None)
            visibility = int(self.aws.call("sqs", "GetQueueAttributes", attributes)["Attributes"]["VisibilityTimeout"])
            function = self.aws.call("lambda", "GetFunctionConfiguration", {"FunctionName": inputs["functionName"]})
        except MissingError as error:
            raise ProviderError(f"{self.label(name)}: {error}") from error
        if visibility < function["Timeout"]:
            raise ProviderError(
                f"{self.label(name)}: the queue's visibility timeout of {visibility} s is less than the function's "
                f"timeout of {function['Timeout']} s. AWS refuses this; it recommends six times the timeout."
            )
