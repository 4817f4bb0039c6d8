"""Sends events of the bus's archive to their consumers once more."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Sequence

from delivery.commands import DeliveryError
from delivery.stack_events import StackEvents

POLL_SECONDS = 1.0
"""Seconds between two looks at a replay."""
PATIENCE_SECONDS = 3600.0
"""Seconds for which a replay is waited for. EventBridge gives no time that it takes; it goes on without us."""
_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def replay(
    events: StackEvents,
    *,
    since: dt.datetime,
    until: dt.datetime,
    rules: Sequence[str] = (),
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Sends again what the bus got from `since` to `until`, and returns the replay's name when that is done.

    `rules` are the ARNs of the only rules that get the events; by default every one does. Each of the events has the
    name as `replay-name`. Raises DeliveryError when the replay fails or takes too long.
    """
    client = events.client("events")
    name = f"replay-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    destination = {"Arn": events.exported["bus"], **({"FilterArns": list(rules)} if rules else {})}
    client.start_replay(
        ReplayName=name,
        EventSourceArn=events.exported["archive"],
        EventStartTime=since,
        EventEndTime=until,
        Destination=destination,
    )
    limit = clock() + PATIENCE_SECONDS
    while True:
        state = client.describe_replay(ReplayName=name)
        if state["State"] in _ENDED or clock() > limit:
            break
        sleep(POLL_SECONDS)
    if state["State"] != "COMPLETED":
        reason = state.get("StateReason") or f"it has not ended within {PATIENCE_SECONDS:.0f} s"
        raise DeliveryError(f"The replay {name} is {state['State']}: {reason}.")
    return name
