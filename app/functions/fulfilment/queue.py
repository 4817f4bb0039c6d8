"""When a message comes again: soon after the first failure, later and later after others, so that an outage of minutes
is waited for and one of a moment costs a moment. A message that nobody can ever understand need not wait at all for its
way to the dead-letter queue."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from app.functions.kit.aws import Client

FIRST, LONGEST = 2, 900
"""Seconds that the pause after the first failure has at most, and any pause; it doubles with every failure."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    client: Client
    url: str
    uniform: Callable[[float, float], float] = random.uniform

    def postpone(self, receipt_handle: str, *, receives: int, hopeless: bool) -> None:
        """Hides the message that was received for the `receives`th time. Raises what the SDK raises; then the queue's
        own visibility timeout holds."""
        longest = min(LONGEST, FIRST * 2 ** min(receives - 1, 20))
        seconds = 0 if hopeless else round(self.uniform(longest / 2, longest))
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
