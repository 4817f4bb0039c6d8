"""The queue for records of the stream that can never be published.

In the stream such a record would hold up all that come after it; it is in the order's history all the same. A letter
holds the whole record, in the form in which the stream gave it: as such the function takes it again (docs/runbook.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from app.functions.kit.aws import Client
from app.functions.kit.logs import Log


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """A queue that people look into, with a client of SQS."""

    client: Client
    url: str
    log: Log

    def put(self, record: object, reason: str) -> None:
        """Sends a record to the queue. Raises what the SDK raises: then the record stays in the stream."""
        body = json.dumps({"reason": reason, "record": record}, default=str)
        self.client.send_message(QueueUrl=self.url, MessageBody=body)
        self.log.dead_letter(reason=reason)
