"""Events of the outbox to the bus, at least once."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.commerce.domain.events import SOURCE
from app.commerce.storage.orders import EVENT
from app.contract.events import validation
from app.functions.kit.aws import Client

AT_ONCE = 10
"""Entries that PutEvents takes (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html)."""
ATTEMPTS = 5
FIRST_PAUSE = 0.05
"""Seconds that the pause after the first attempt has at most; it doubles with every attempt."""

Record = Mapping[str, Any]
"""Of a table's stream (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html)."""
Entry = dict[str, Any]


Aside = Callable[[object, str], None]
"""Takes what can never be published, and why; raises when it can't."""

UNACCEPTABLE = frozenset({"InvalidArgument", "MalformedDetail"})
"""What PutEvents says of an entry that it will never take
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html). A right that is missing can
be given; all else passes."""


class NotPublishedError(Exception):
    """Some entries were not taken. The stream gives the whole batch again; those taken twice are told by their ids."""


@dataclass(frozen=True, kw_only=True)
class Publisher:
    client: Client
    bus: str
    aside: Aside
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def publish(self, entries: Sequence[Entry], *, deadline: float) -> None:
        """In their order, as far as the bus keeps one. `deadline` is on time.monotonic. Raises NotPublishedError."""
        for start in range(0, len(entries), AT_ONCE):
            self._publish([{**entry, "EventBusName": self.bus} for entry in entries[start : start + AT_ONCE]], deadline)

    def _publish(self, entries: list[Entry], deadline: float) -> None:
        codes: list[str] = []
        for attempt in range(ATTEMPTS):
            if attempt and not self._pause(attempt, deadline):
                break
            results = self.client.put_events(Entries=entries)["Entries"]
            refused = [
                (entry, result["ErrorCode"])
                for entry, result in zip(entries, results, strict=True)
                if "ErrorCode" in result
            ]
            for entry, code in refused:
                if code in UNACCEPTABLE:
                    self.aside(entry, f"The bus does not take it: {code}.")
            again = [(entry, code) for entry, code in refused if code not in UNACCEPTABLE]
            if not again:
                return
            entries, codes = [entry for entry, _ in again], [code for _, code in again]
        raise NotPublishedError(f"The bus did not take {len(entries)} events: {', '.join(sorted(set(codes)))}.")

    def _pause(self, attempts: int, deadline: float) -> bool:
        seconds = self.uniform(0.0, FIRST_PAUSE * 2 ** (attempts - 1))
        if time.monotonic() + seconds >= deadline:
            return False
        self.sleep(seconds)
        return True


def entries(records: Iterable[Record], aside: Aside) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """Of the records that are new events: what is published, and the event's document."""
    for record in records:
        try:
            if record["eventName"] != "INSERT" or not record["dynamodb"]["Keys"]["entry"]["S"].startswith(EVENT):
                continue
            text = record["dynamodb"]["NewImage"]["document"]["S"]
            document = validation.checked(json.loads(text))
        except (KeyError, ValueError) as error:  # nothing that this program wrote
            aside(record, f"It is no event: {error!r}.")
        else:
            yield {"Source": SOURCE, "DetailType": document["type"], "Detail": text}, document
