"""The entry point of the function `fulfilment`.

Each message is on its own: those that could not be worked on are reported, the others are done
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). A message has the same time wherever it
is in its batch: when the ones before it have left less, it is not begun and comes again.
"""

from __future__ import annotations

import functools
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.commerce.domain.events import Event
from app.commerce.errors import UnavailableError
from app.commerce.ledger import Ledger
from app.commerce.storage.database import Database
from app.contract import ijson
from app.contract.batches import SECONDS_PER_EVENT
from app.contract.correlation import accept
from app.contract.events import validation
from app.contract.events.validation import EventError
from app.contract.problems import ProblemError
from app.functions.commerce_kit.events import describe
from app.functions.fulfilment import rebuild
from app.functions.fulfilment.message_spans import consumed
from app.functions.fulfilment.queue import Queue
from app.functions.fulfilment.services import Send, Services
from app.functions.fulfilment.work import Work
from app.functions.kit import aws, environment, invocation, tracing
from app.functions.kit.aws import Client
from app.functions.kit.calls import UpstreamError
from app.functions.kit.invocation import Context
from app.functions.kit.logs import Log, LogEntry
from app.functions.kit.upstream import connect

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

NAME = "fulfilment"
SETTINGS = ("ORDERS_TABLE", "PRODUCTS_TABLE", "QUEUE_URL", "UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN", "AWS_REGION")


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """The function's parts: a client of DynamoDB with the names of the tables, the services and the queue."""

    client: Client
    orders_table: str
    products_table: str
    send: Send
    queue: Queue
    log: Log
    spans: Spans | None = None
    """The sender of spans; None where there is no collector."""

    def consume_batch(self, records: Sequence[Mapping[str, Any]], *, deadline: float) -> list[str]:
        """Works on the messages one after the other, and returns the ids of those that are to come again.

        `deadline` is on time.monotonic.
        """
        again = []
        for number, record in enumerate(records):
            if number and time.monotonic() + SECONDS_PER_EVENT > deadline:
                again += [self._not_begun(late) for late in records[number:]]
                break
            if not self.consume(record, deadline=deadline):
                again.append(record["messageId"])
        return again

    def _not_begun(self, record: Mapping[str, Any]) -> str:
        """Lets a message come again that was not begun, and returns its id."""
        message_id: str = record["messageId"]
        reason = f"The messages before {message_id} have left it less than {SECONDS_PER_EVENT:g} s."
        self.log.write("WARNING", "A message was not begun and comes again.", reason=reason)
        self._postpone(record, receives=_receives(record), unreadable=False)
        return message_id

    def consume(self, record: Mapping[str, Any], *, deadline: float) -> bool:
        """Works on one message, writes its log line, and returns whether it is done.

        `deadline` is on time.monotonic.
        """
        receives, started = _receives(record), tracing.now()
        # An event that can't be read has no request that it belongs to.
        entry = LogEntry(
            correlation=accept(None, None), fields={"message_id": record["messageId"], "receives": receives}
        )
        done = unreadable = False
        try:
            event = read(record["body"])
            describe(entry, event)
            if self.spans is not None and entry.correlation.sampled:
                self.spans.current = entry.correlation
            done = self._work(event, entry, deadline=min(deadline, time.monotonic() + SECONDS_PER_EVENT))
        except EventError as error:
            unreadable, entry.fields["reason"] = True, str(error)
            entry.dead_letter()  # at every receive: the first one may have been lost before it was read
        if not done:
            self._postpone(record, receives=receives, unreadable=unreadable)
        entry.fields["duration_ms"] = entry.milliseconds
        self.log.entry("event", entry, level="INFO" if done else "ERROR")
        if self.spans is not None:
            consumed(self.spans, entry, queue=self.queue.url, done=done, started=started)
        return done

    def rebuild(self, step: Mapping[str, Any], *, deadline: float) -> dict[str, Any]:
        """Takes a step of the rebuild of analytics' counts. `deadline` is on time.monotonic. Raises UpstreamError."""
        services = Services(send=self.send, correlation=accept(None, None), deadline=deadline)
        return rebuild.take(step, services, read)

    def _postpone(self, record: Mapping[str, Any], *, receives: int, unreadable: bool) -> None:
        try:
            self.queue.postpone(record["receiptHandle"], receives=receives, unreadable=unreadable)
        except Exception as error:  # noqa: BLE001 - the message comes again anyway, only at another time
            self.log.write("WARNING", "A message could not be postponed.", reason=str(error))

    def _work(self, event: Event, entry: LogEntry, *, deadline: float) -> bool:
        """Returns whether the work on the event is done. Why it is not is added to the log line."""
        database = Database(client=self.client, deadline=deadline)
        ledger = Ledger.of_tables(
            database, orders=self.orders_table, products=self.products_table, metrics=entry.metrics
        )
        calls: list[str] = []
        services = Services(send=self.send, correlation=entry.correlation, deadline=deadline, spans=calls)
        try:
            entry.fields["order_status"] = Work(ledger=ledger, services=services).do(event)
        except UpstreamError as error:
            entry.fields["reason"] = f"{error.detail} {error.reason}"
        except UnavailableError as error:
            entry.fields["reason"] = str(error)
        except Exception:  # noqa: BLE001 - one message must not stop the others of its batch
            entry.fields["stack"] = traceback.format_exc()
        else:
            return True
        finally:
            if calls:
                entry.fields["calls"] = calls
        return False


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Works on a batch of the queue, and returns the ids of the messages that are to come again.

    A person's command takes a step of a rebuild instead, and gets its answer. Such a call raises UpstreamError.
    """
    consumer = assembled()
    if "rebuild" in event:
        return consumer.rebuild(event["rebuild"], deadline=invocation.deadline(context))
    if consumer.spans is not None:
        consumer.spans.begin()
    try:
        again = consumer.consume_batch(event["Records"], deadline=invocation.deadline(context))
    finally:
        if consumer.spans is not None:
            consumer.spans.flush(context)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _receives(record: Mapping[str, Any]) -> int:
    """Returns how often the message was received, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def read(body: str) -> Event:
    """Returns the event in the bus's envelope. Raises EventError for a message that will never be readable."""
    try:
        envelope = ijson.parse(body.encode())
    except ProblemError as error:
        raise EventError(error.detail) from None
    except UnicodeEncodeError:
        raise EventError("A message is text that UTF-8 can hold.") from None
    if not isinstance(envelope, dict):
        raise EventError("A message is the bus's JSON object.")
    detail = validation.checked(envelope.get("detail"))
    if envelope.get("detail-type") != detail["type"]:
        raise EventError("The bus's detail-type is not the event's type.")
    return Event.of(detail)


@functools.cache
def assembled() -> Consumer:
    """Returns the function's parts, once per environment. Raises SettingsError."""
    settings = environment.read(os.environ, NAME, needed=SETTINGS)
    log = settings.log()
    spans = tracing.spans(settings, log)
    return Consumer(
        client=aws.client("dynamodb", os.environ, spans),
        orders_table=settings["ORDERS_TABLE"],
        products_table=settings["PRODUCTS_TABLE"],
        send=connect(settings, log, spans).send,
        queue=Queue(client=aws.client("sqs", os.environ, spans), url=settings["QUEUE_URL"]),
        log=log,
        spans=spans,
    )


environment.prepare(assembled)
