"""Replaying the events of an archive to its bus."""

from __future__ import annotations

import datetime as dt
import time
import uuid

from local.errors import ProviderError
from local.providers.aws.client import Aws

POLL = 0.1
"""Seconds between looks at a replay."""
PATIENCE = 300.0
"""Seconds for which a replay is waited for."""
_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def replay(aws: Aws, *, archive_arn: str, bus_arn: str, start: dt.datetime, end: dt.datetime) -> str:
    """Sends again what the bus got from `start` to `end`, and returns the replay's name.

    Each of those events has the name as `replay-name`. Raises ProviderError when it fails or takes too long.
    """
    name = f"replay-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    request = {"ReplayName": name, "EventSourceArn": archive_arn, "EventStartTime": start, "EventEndTime": end}
    aws.call("events", "StartReplay", {**request, "Destination": {"Arn": bus_arn}})
    limit = time.monotonic() + PATIENCE
    while True:
        state = aws.call("events", "DescribeReplay", {"ReplayName": name})
        if state["State"] in _ENDED or time.monotonic() > limit:
            break
        time.sleep(POLL)
    if state["State"] != "COMPLETED":
        reason = state.get("StateReason") or f"not ended after {PATIENCE:.0f} s"
        raise ProviderError(f"The replay {name} of {archive_arn} is {state['State']}: {reason}.")
    return name
