"""The types that hold data. When one of them is gone, `up` would make an empty one: a person restores it first."""

from __future__ import annotations

from collections.abc import Mapping

from planning.changes import PRECIOUS

STORES: Mapping[str, str] = {
    **PRECIOUS,
    "aws:cloudwatch/eventArchive:EventArchive": "the events that a replay takes from it",
    "aws:sqs/queue:Queue": "the messages that waited in it",
    "azure-native:containerregistry:Registry": "its images, those of earlier versions too",
    "azure-native:operationalinsights:Workspace": "its logs",
}
"""Each type that holds data, and what is lost with one of them."""
SECTION = "docs/runbook.md, Something that holds data is gone"
"""The place that says how each of them is restored."""
