"""The entry point of the function `relay`.

What can never be published goes to the dead-letter queue. Any other batch that can't be published as a whole is raised:
the stream's checkpoint stays before it, so that it comes again as a whole. Reporting single records
(ReportBatchItemFailures) would save repetitions, which consumers recognise by their ids anyway, and would lose records
wherever that report is ignored.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.commerce.domain.events import Event
from app.contract.correlation import accept
from app.contract.metrics import RELAY_LAG, Metrics
from app.functions.commerce_kit.events import describe
from app.functions.kit import aws, environment, invocation
from app.functions.kit.invocation import Context
from app.functions.kit.logs import Log, LogEntry
from app.functions.relay.dead_letters import DeadLetters
from app.functions.relay.publishing import Publisher, entries

NAME = "relay"
SETTINGS = ("EVENT_BUS", "DEAD_LETTER_QUEUE_URL", "AWS_REGION")


@dataclass(frozen=True, kw_only=True)
class Relay:
    """The function's parts."""

    publisher: Publisher
    log: Log

    def publish(self, records: list[dict[str, Any]], context: Context) -> None:
        """Publishes the events among the stream's records, and writes a log line for each.

        Raises what the bus raises, and NotPublishedError.
        """
        entry = LogEntry(correlation=accept(None, None))
        try:
            events = list(entries(records, self.publisher.unpublishable))
            self.publisher.publish([event for event, _ in events], deadline=invocation.deadline(context))
        except Exception as error:
            message = "A batch of events was not published; the stream gives it again."
            self.log.write("ERROR", message, reason=str(error))
            raise
        shared = {"duration_ms": entry.milliseconds, "aws_request_id": context.aws_request_id}
        for _, document in events:
            entry = LogEntry(correlation=accept(None, None), metrics=_lag(document["occurred_at"]))
            describe(entry, Event.of(document))
            entry.fields |= shared
            self.log.entry("published", entry, failed=False)


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Publishes the events of a batch of the stream. Raises when one could not be published."""
    assembled().publish(event["Records"], context)


@functools.cache
def assembled() -> Relay:
    """Returns the function's parts, once per environment. Raises SettingsError."""
    settings = environment.read(os.environ, NAME, needed=SETTINGS)
    log = settings.log()
    letters = DeadLetters(client=aws.client("sqs", os.environ), url=settings["DEAD_LETTER_QUEUE_URL"], log=log)
    publisher = Publisher(client=aws.client("events", os.environ), bus=settings["EVENT_BUS"], unpublishable=letters.put)
    return Relay(publisher=publisher, log=log)


def _lag(occurred_at: str) -> Metrics:
    """Returns the milliseconds since the event's moment as a metric.

    It returns nothing for a day that does not exist, which the events' schemas let pass.
    """
    try:
        lag = datetime.now(UTC) - datetime.fromisoformat(occurred_at)
    except ValueError:
        return {}
    return {RELAY_LAG: max(round(lag.total_seconds() * 1000, 3), 0.0)}
