"""CloudWatch Logs: log groups, and reading back what functions wrote. The emulator expires nothing."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.machine import Machine
from local.provider import Properties
from local.providers.aws.client import MissingError, connect
from local.providers.aws.resource import Resource

PAGE = 10_000
"""Events in one answer, AWS's maximum
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html)."""

_PLATFORM = re.compile(r"(START|END|REPORT|INIT_START) (RequestId|Runtime)")


class LogGroup(Resource):
    """A log group, whose retention has calls of its own."""

    def settle(self, view: Properties) -> None:
        self.call("PutRetentionPolicy" if view.get("retentionInDays") else "DeleteRetentionPolicy", view)


def events(machine: Machine, group: str, since: float = 0.0) -> Iterator[dict[str, Any]]:
    """Yields what functions wrote to the log group from `since` on (seconds of the epoch), oldest first.

    JSON lines are parsed; another line, such as one of a stack trace, becomes {"timestamp", "message"}; the platform's
    own START, END and REPORT are left out. A group that doesn't exist has no events. Raises ProviderError when the
    emulator does not answer.
    """
    start, seen = int(since * 1000), 0  # a page may end within an instant: so many of its events are told already
    while True:
        try:
            answer = connect(machine).call("logs", "FilterLogEvents", {"logGroupName": group, "startTime": start})
        except MissingError:
            return
        page = answer["events"]
        yield from (_line(event) for event in page[seen:] if not _PLATFORM.match(event["message"]))
        if len(page) < PAGE or page[-1]["timestamp"] == start:
            return
        start = page[-1]["timestamp"]
        seen = sum(event["timestamp"] == start for event in page)


def _line(event: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the function's own JSON line, or what it printed with its time."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        line = None
    if isinstance(line, dict):
        return line
    when = dt.datetime.fromtimestamp(event["timestamp"] / 1000, dt.UTC)
    return {"timestamp": when.isoformat(timespec="milliseconds"), "message": event["message"]}
