"""Makes test data of what a real engine has written about a refresh: what differs, and one resource that does not."""

from __future__ import annotations

import json
from typing import Any

KEPT = ("op", "urn", "type", "diffs", "detailedDiff")
"""The members of a resource's event that are kept, besides the inputs of both sides."""


def scrubbed_log(log: str) -> str:
    """Returns a log of events without outputs, times, and all but one of the resources that are as before."""
    kept, same = [], 0
    for line in log.splitlines():
        event = json.loads(line)
        if "resOutputsEvent" in event:
            metadata = event["resOutputsEvent"]["metadata"]
            if metadata["op"] == "same":
                same += (
                    ours := bool((metadata["old"] or {}).get("custom")) and not metadata["type"].startswith("pulumi:")
                )
                if not ours or same > 1:
                    continue
            kept.append({"resOutputsEvent": {"metadata": _metadata(metadata)}})
        elif event.get("diagnosticEvent", {}).get("severity") == "error":
            kept.append(event_of(event, "diagnosticEvent", ("urn", "message", "severity")))
        elif "summaryEvent" in event:
            kept.append(event_of(event, "summaryEvent", ("resourceChanges", "result")))
    return "".join(f"{json.dumps(each)}\n" for each in kept)


def event_of(event: dict[str, Any], name: str, members: tuple[str, ...]) -> dict[str, Any]:
    """An event with some of its members."""
    return {name: {key: event[name][key] for key in members if key in event[name]}}


def _metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    sides = {
        side: {key: metadata[side][key] for key in ("custom", "inputs") if key in metadata[side]}
        for side in ("old", "new")
        if metadata.get(side)
    }
    return {**{key: metadata[key] for key in KEPT if key in metadata}, "old": None, "new": None, **sides}
