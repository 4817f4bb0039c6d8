"""Publishes the events of the outbox on the bus, at least once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.commerce.domain.events import SOURCE
from app.commerce.storage.orders import EVENT
from app.contract.backoff import Backoff
from app.contract.events import validation
from app.functions.kit.aws import Client

BATCH = 10
"""The number of entries that PutEvents takes
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html)."""
ATTEMPTS = 5
REFUSALS = Backoff(first=0.05)
"""The pauses, in seconds, before entries that the bus has refused are sent again."""
UNACCEPTABLE = frozenset({"InvalidArgument", "MalformedDetail"})
"""What PutEvents says of an entry that it will never take
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html). A right that is missing can
be given; all else passes."""

Record = Mapping[str, Any]
"""A record of a table's stream (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html)."""
Entry = dict[str, Any]
"""An entry of PutEvents."""
Unpublishable = Callable[[object, str], None]
"""Takes a record or an entry that can never be published, and the reason. Raises when it can't."""


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
    unpublishable: Unpublishable
    backoff: Backoff = REFUSALS

    def publish(self, entries: Sequence[Entry], *, deadline: float) -> None:
        """Publishes the entries in their order, as far as the bus keeps one.

        `deadline` is on time.monotonic. Raises NotPublishedError.
        """
        for start in range(0, len(entries), BATCH):
            self._publish([{**entry, "EventBusName": self.bus} for entry in entries[start : start + BATCH]], deadline)

    def _publish(self, entries: list[Entry], deadline: float) -> None:
        codes: list[str] = []
        for attempt in range(1, ATTEMPTS + 1):
            results = self.client.put_events(Entries=entries)["Entries"]
            refused = [
                (entry, result["ErrorCode"])
                for entry, result in zip(entries, results, strict=True)
                if "ErrorCode" in result
            ]
            for entry, code in refused:
                if code in UNACCEPTABLE:
                    self.unpublishable(entry, f"The bus does not take it: {code}.")
            remaining = [(entry, code) for entry, code in refused if code not in UNACCEPTABLE]
            if not remaining:
                return
            entries, codes = [entry for entry, _ in remaining], [code for _, code in remaining]
            if attempt == ATTEMPTS or not self.backoff.pause(attempt, deadline=deadline):
                break
        raise NotPublishedError(f"The bus did not take {len(entries)} events: {', '.join(sorted(set(codes)))}.")


def entries(records: Iterable[Record], unpublishable: Unpublishable) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """Yields, for each record that is a new event, the entry to publish and the event's document."""
    for record in records:
        try:
            if record["eventName"] != "INSERT" or not record["dynamodb"]["Keys"]["entry"]["S"].startswith(EVENT):
                continue
            text = record["dynamodb"]["NewImage"]["document"]["S"]
            document = validation.checked(json.loads(text))
        except (KeyError, ValueError) as error:  # this program has not written it
            unpublishable(record, f"It is no event: {error!r}.")
        else:
            yield {"Source": SOURCE, "DetailType": document["type"], "Detail": text}, document
