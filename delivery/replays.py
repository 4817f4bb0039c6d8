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
_COMPLETED = "COMPLETED"
_FAILED = ("FAILED", "CANCELLED")


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
    name = new_name("replay-")
    start(events, name, since=since, until=until, rules=rules)
    limit = clock() + PATIENCE_SECONDS
    while not has_ended(events, name):
        if clock() > limit:
            state = events.client("events").describe_replay(ReplayName=name)["State"]
            raise DeliveryError(f"The replay {name} is {state}: it has not ended within {PATIENCE_SECONDS:.0f} s.")
        sleep(POLL_SECONDS)
    return name


def new_name(prefix: str) -> str:
    """Returns a name for a replay, which tells its rules by the prefix what it is for."""
    return f"{prefix}{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


def start(events: StackEvents, name: str, *, since: dt.datetime, until: dt.datetime, rules: Sequence[str] = ()) -> None:
    """Starts a replay of what the bus got from `since` to `until`."""
    destination = {"Arn": events.exported["bus"], **({"FilterArns": list(rules)} if rules else {})}
    events.client("events").start_replay(
        ReplayName=name,
        EventSourceArn=events.exported["archive"],
        EventStartTime=since,
        EventEndTime=until,
        Destination=destination,
    )


def has_ended(events: StackEvents, name: str) -> bool:
    """Returns whether the replay has sent all of its events. Raises DeliveryError when it has failed."""
    state = events.client("events").describe_replay(ReplayName=name)
    if state["State"] in _FAILED:
        reason = state.get("StateReason") or "EventBridge gives no reason"
        raise DeliveryError(f"The replay {name} is {state['State']}: {reason}.")
    return bool(state["State"] == _COMPLETED)


def beginning(events: StackEvents) -> dt.datetime:
    """Returns the moment from which on the archive has events, in whole seconds as the events' own times."""
    name = events.exported["archive"].rpartition("/")[2]
    created: dt.datetime = events.client("events").describe_archive(ArchiveName=name)["CreationTime"]
    return created.astimezone(dt.UTC).replace(microsecond=0)
