"""Publishes the events of the outbox on the bus, at least once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.commerce.domain.events import SOURCE
from app.commerce.storage.orders import EVENT
from app.contract import ijson
from app.contract.backoff import Backoff
from app.contract.events import validation
from app.contract.problems import ProblemError
from app.functions.kit.aws import Client

BATCH = 10
"""The number of entries that PutEvents takes
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html)."""
ATTEMPTS = 5
REFUSALS = Backoff(first=0.05)
"""The pauses, in seconds, before entries that the bus has refused are sent again."""
UNACCEPTABLE = frozenset({"InvalidArgument", "MalformedDetail"})
"""The error codes of PutEvents for an entry that it will never take
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html). A right that is missing can
be given; all other errors pass."""

Record = Mapping[str, Any]
"""A record of a table's stream (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html)."""
Entry = dict[str, Any]
"""An entry of PutEvents."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """An event that was read from the stream and is to be published."""

    record: Record
    """The record that holds it."""
    entry: Entry
    document: dict[str, Any]
    """The event, which has passed its schema."""


@dataclass(frozen=True, kw_only=True)
class Unpublishable:
    """A record that can never be published as it is."""

    record: Record
    reason: str


class NotPublishedError(Exception):
    """Some entries were not taken.

    The stream gives the whole batch again; consumers recognise repetitions by their ids.
    """


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Sends events to a bus, with a client of EventBridge."""

    client: Client
    bus: str
    """The bus, by name or ARN."""
    backoff: Backoff = REFUSALS

    def publish(self, events: Sequence[Outgoing], *, deadline: float) -> list[Unpublishable]:
        """Publishes the events in their order, as far as the bus keeps one, and returns those that it will never take.

        `deadline` is on time.monotonic. Raises NotPublishedError.
        """
        unpublishable: list[Unpublishable] = []
        for start in range(0, len(events), BATCH):
            unpublishable += self._publish(events[start : start + BATCH], deadline)
        return unpublishable

    def _publish(self, events: Sequence[Outgoing], deadline: float) -> list[Unpublishable]:
        unpublishable: list[Unpublishable] = []
        codes: list[str] = []
        for attempt in range(1, ATTEMPTS + 1):
            entries = [{**event.entry, "EventBusName": self.bus} for event in events]
            results = self.client.put_events(Entries=entries)["Entries"]
            refused = [
                (event, result["ErrorCode"])
                for event, result in zip(events, results, strict=True)
                if "ErrorCode" in result
            ]
            unpublishable += [
                Unpublishable(record=event.record, reason=f"The bus does not take it: {code}.")
                for event, code in refused
                if code in UNACCEPTABLE
            ]
            remaining = [(event, code) for event, code in refused if code not in UNACCEPTABLE]
            if not remaining:
                return unpublishable
            events, codes = [event for event, _ in remaining], [code for _, code in remaining]
            if attempt == ATTEMPTS or not self.backoff.pause(attempt, deadline=deadline):
                break
        raise NotPublishedError(f"The bus did not take {len(events)} events: {', '.join(sorted(set(codes)))}.")


_NO_EVENT = (KeyError, TypeError, AttributeError, ValueError, ProblemError)
"""The errors of reading a record that this program has not written, and that may have any form."""


def read(records: Iterable[Record]) -> tuple[list[Outgoing], list[Unpublishable]]:
    """Returns the new events among the records, and the records that look like one and are none."""
    events: list[Outgoing] = []
    unpublishable: list[Unpublishable] = []
    for record in records:
        try:
            if record["eventName"] != "INSERT" or not record["dynamodb"]["Keys"]["entry"]["S"].startswith(EVENT):
                continue
            text = record["dynamodb"]["NewImage"]["document"]["S"]
            document = validation.checked(ijson.parse(text.encode()))
        except _NO_EVENT as error:
            unpublishable.append(Unpublishable(record=record, reason=f"It is no event: {error!r}."))
        else:
            entry = {"Source": SOURCE, "DetailType": document["type"], "Detail": text}
            events.append(Outgoing(record=record, entry=entry, document=document))
    return events, unpublishable
