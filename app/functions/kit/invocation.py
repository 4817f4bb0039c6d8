"""The context that Lambda's runtime passes besides the event, and the deadline that follows from it."""

from __future__ import annotations

import math
import time
from typing import Protocol

from app.contract.batches import RESERVE


class Context(Protocol):
    """The part of the runtime's context object that is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Returns the milliseconds until Lambda ends the invocation."""
        ...


def deadline(context: Context, *, budget: float = math.inf) -> float:
    """Returns the moment, on time.monotonic, after which nothing new may begin.

    It is `budget` seconds from now, or RESERVE seconds before Lambda ends the invocation.
    """
    return time.monotonic() + min(budget, context.get_remaining_time_in_millis() / 1000 - RESERVE)
