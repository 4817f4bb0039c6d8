"""Decides when a message comes again: soon after the first failure, later after each further one.

So an outage of minutes is waited for, and a failure of a moment costs a moment. A message that nobody can ever read
need not wait at all on its way to the dead-letter queue.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.backoff import Backoff
from app.functions.kit.aws import Client

FAILURES = Backoff(first=2, longest=900, fixed=0.5)
"""The pauses after failures, in seconds. Half of each is not random: ten receives cover an outage of some ten
minutes."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """The queue that the function consumes, with a client of SQS."""

    client: Client
    url: str
    backoff: Backoff = FAILURES

    def postpone(self, receipt_handle: str, *, receives: int, unreadable: bool) -> None:
        """Hides a message that was received for the `receives`th time.

        Raises what the SDK raises; then the queue's own visibility timeout holds.
        """
        seconds = 0 if unreadable else round(self.backoff.seconds(receives))
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
