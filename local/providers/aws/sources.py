"""Lambda's event source mappings: queues and table streams.

For a stream the emulator uses the filters, the batch size and the age of records. It stores and ignores the report of
failed items, the number of tries and bisecting: a failing batch is tried again until it is too old.
"""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.resource import Description, Resource


class EventSourceMapping(Resource):
    """A mapping, which has no name: that of the same source and function is adopted."""

    def find(self, view: Properties) -> Description | None:
        if "id" in view:
            return super().find(view)
        return next(iter(self.call("ListEventSourceMappings", view)["EventSourceMappings"]), None)
