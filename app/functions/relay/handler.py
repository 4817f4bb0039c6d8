"""The entry point of the function `relay`.

A batch that can't be published as a whole is raised: the stream's checkpoint stays before it, so that it comes again as
a whole. What can never be published goes to the dead-letter queue, but only when all else of its batch is published: a
batch that comes again leaves nothing there.

Reporting single records (ReportBatchItemFailures) would save repetitions, which consumers recognise by their ids
anyway, and would lose records wherever that report is not heeded.

An operator gives dead letters again with `"redriven": true`. Then nothing is put aside: what still can't be published
is raised, and the letter stays where it is.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.commerce.domain.events import Event
from app.contract.correlation import accept
from app.contract.metrics import RELAY_LAG, Metrics
from app.functions.commerce_kit.events import describe
from app.functions.kit import aws, environment, invocation, tracing
from app.functions.kit.invocation import Context
from app.functions.kit.logs import Log, LogEntry
from app.functions.relay.dead_letters import DeadLetters
from app.functions.relay.event_spans import not_relayed, relayed
from app.functions.relay.publishing import Outgoing, Publisher, Unpublishable, read

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

NAME = "relay"
SETTINGS = ("EVENT_BUS", "DEAD_LETTER_QUEUE_URL", "AWS_REGION")


class UnpublishableError(Exception):
    """Redriven records can't be published even now. The message says why."""


@dataclass(frozen=True, kw_only=True)
class Relay:
    """The function's parts."""

    publisher: Publisher
    letters: DeadLetters
    log: Log
    spans: Spans | None = None
    """The sender of spans; None where there is no collector."""

    def publish(self, records: list[dict[str, Any]], context: Context, *, redriven: bool = False) -> None:
        """Publishes the events among the stream's records, and writes a log line for each.

        What can never be published is put aside. Raises what the bus and the queue raise, NotPublishedError, and
        UnpublishableError when `redriven` records can't be published even now.
        """
        entry, started = LogEntry(correlation=accept(None, None)), tracing.now()
        events: list[Outgoing] = []
        try:
            events, unpublishable = read(records)
            sent_at = tracing.now()
            unpublishable += self.publisher.publish(events, deadline=invocation.deadline(context))
            shared = {"duration_ms": entry.milliseconds, "aws_request_id": context.aws_request_id}
            published = self._log_published(events, unpublishable, shared)
            if self.spans is not None:
                relayed(self.spans, published, self.publisher.bus, started=started, sent_at=sent_at)
            self._put_aside(unpublishable, redriven=redriven)
        except Exception as error:
            if self.spans is not None:
                not_relayed(self.spans, [event.document for event in events], error, started=started)
            again = "it stays a dead letter" if redriven else "the stream gives it again"
            self.log.write("ERROR", f"A batch of events was not published; {again}.", reason=str(error))
            raise

    def _log_published(
        self, events: list[Outgoing], unpublishable: list[Unpublishable], shared: Mapping[str, object]
    ) -> list[LogEntry]:
        refused = {id(each.record) for each in unpublishable}
        published = []
        for event in events:
            if id(event.record) not in refused:
                entry = LogEntry(correlation=accept(None, None), metrics=_lag(event.document["occurred_at"]))
                describe(entry, Event.of(event.document))
                entry.fields |= shared
                self.log.entry("published", entry)
                published.append(entry)
        return published

    def _put_aside(self, unpublishable: list[Unpublishable], *, redriven: bool) -> None:
        if redriven and unpublishable:
            raise UnpublishableError("; ".join(each.reason for each in unpublishable))
        for each in unpublishable:
            self.letters.put(each.record, each.reason)


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Publishes the events of a batch of the stream, or of redriven dead letters.

    Raises when one could not be published.
    """
    relay = assembled()
    if relay.spans is not None:
        relay.spans.begin()
    try:
        relay.publish(event["Records"], context, redriven=event.get("redriven") is True)
    finally:
        if relay.spans is not None:
            relay.spans.flush(context)


@functools.cache
def assembled() -> Relay:
    """Returns the function's parts, once per environment. Raises SettingsError."""
    settings = environment.read(os.environ, NAME, needed=SETTINGS)
    log = settings.log()
    letters = DeadLetters(client=aws.client("sqs", os.environ), url=settings["DEAD_LETTER_QUEUE_URL"], log=log)
    publisher = Publisher(client=aws.client("events", os.environ), bus=settings["EVENT_BUS"])
    return Relay(publisher=publisher, letters=letters, log=log, spans=tracing.spans(settings, log))


def _lag(occurred_at: str) -> Metrics:
    """Returns the milliseconds since the event's moment as a metric.

    It returns nothing for a day that does not exist, which the events' schemas let pass.
    """
    try:
        lag = datetime.now(UTC) - datetime.fromisoformat(occurred_at)
    except ValueError:
        return {}
    return {RELAY_LAG: max(round(lag.total_seconds() * 1000, 3), 0.0)}


environment.prepare(assembled)
