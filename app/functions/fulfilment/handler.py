"""The entry point of the function `fulfilment`.

Each message is on its own: those that could not be worked on are reported, the others are done
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
"""

from __future__ import annotations

import functools
import os
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.commerce.domain.events import Event
from app.commerce.ledger import Ledger
from app.commerce.storage.database import Database
from app.contract import ijson
from app.contract.correlation import Correlation, accept
from app.contract.events import validation
from app.contract.events.validation import EventError
from app.contract.metrics import Counted
from app.contract.problems import ProblemError
from app.functions.fulfilment.queue import Queue
from app.functions.fulfilment.services import Send, Services
from app.functions.fulfilment.work import Work
from app.functions.kit import aws
from app.functions.kit import environment as settings
from app.functions.kit.api import RESERVE, Context
from app.functions.kit.aws import Client
from app.functions.kit.logs import Log
from app.functions.kit.retries import Retries
from app.functions.kit.secrets import CachedSecret
from app.functions.kit.upstream import Ingress, UpstreamError

NAME = "fulfilment"
PER_MESSAGE = 6.0
"""Seconds: two calls of services, each with its retries, and the order's states."""


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """`orders` and `products` are the names of the tables."""

    client: Client
    orders: str
    products: str
    send: Send
    queue: Queue
    log: Log

    def consume(self, record: Mapping[str, Any], *, deadline: float) -> bool:
        """Whether the message is done. Writes one log line. `deadline` is on time.monotonic."""
        started, receives, hopeless = time.perf_counter(), _receives(record), False
        told = Told(message_id=record["messageId"], receives=receives)
        try:
            event = read(record["body"])
            told.event(event)
            done = self._work(event, told, deadline=min(deadline, time.monotonic() + PER_MESSAGE))
        except EventError as error:
            done, hopeless, told.members["reason"] = False, True, str(error)
        if not done:
            self._postpone(record, receives, hopeless)
        milliseconds = round((time.perf_counter() - started) * 1000, 3)
        self.log.hop(
            told.correlation,
            "event",
            failed=not done,
            counted=told.counted,
            duration_ms=milliseconds,
            **told.members,
        )
        return done

    def _postpone(self, record: Mapping[str, Any], receives: int, hopeless: bool) -> None:
        try:
            self.queue.postpone(record["receiptHandle"], receives=receives, hopeless=hopeless)
        except Exception as error:  # noqa: BLE001 - the message comes again anyway, only at another time
            self.log.write("WARNING", "A message could not be postponed.", reason=str(error))

    def _work(self, event: Event, told: Told, *, deadline: float) -> bool:
        database = Database(client=self.client, deadline=deadline)
        work = Work(
            ledger=Ledger.of(database, orders=self.orders, products=self.products, counted=told.counted),
            services=Services(send=self.send, correlation=told.correlation, deadline=deadline),
        )
        try:
            told.members["order_status"] = work.do(event)
        except UpstreamError as error:
            told.members |= {"reason": f"{error.detail} {error.reason}"}
        except ProblemError as error:
            told.members["reason"] = error.detail
        except Exception:  # noqa: BLE001 - one message must not stop the others of its batch
            told.members["stack"] = traceback.format_exc()
        else:
            return True
        return False


class Told:
    """What the log line of a message tells. An event that can't be read has no request that it belongs to."""

    def __init__(self, *, message_id: str, receives: int) -> None:
        self.correlation: Correlation = accept(None, None)
        self.members: dict[str, object] = {"message_id": message_id, "receives": receives}
        self.counted: Counted = {}

    def event(self, event: Event) -> None:
        self.correlation = accept(event.request_id, event.traceparent)
        self.members |= {"type": event.type, "event_id": event.id, "order_id": event.order_id}


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Works on a batch of the queue and names the messages that are to come again."""
    consumer = assembled()
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE
    failed = [record["messageId"] for record in event["Records"] if not consumer.consume(record, deadline=deadline)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def read(body: str) -> Event:
    """The event in the bus's envelope. Raises EventError for a message that will never be understood."""
    try:
        envelope = ijson.parse(body.encode())
    except ProblemError as error:
        raise EventError(error.detail) from None
    if not isinstance(envelope, dict):
        raise EventError("A message is the bus's JSON object.")
    detail = validation.checked(envelope.get("detail"))
    if envelope.get("detail-type") != detail["type"]:
        raise EventError("The bus's detail-type is not the event's type.")
    return Event.of(detail)


def _receives(record: Mapping[str, Any]) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


@functools.cache
def assembled() -> Consumer:
    """Once per environment. Raises SettingsError."""
    log = settings.log(os.environ, NAME)
    names = ("ORDERS_TABLE", "PRODUCTS_TABLE", "QUEUE_URL", "UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN", "AWS_REGION")
    orders, products, queue, url, secret, _ = settings.required(os.environ, *names)
    ingress = Ingress(
        url,
        CachedSecret(
            secret,
            os.environ,
            on_stale=lambda reason: log.write("WARNING", "The client certificate could not be renewed.", reason=reason),
        ),
        Retries(),
        on_transition=log.breaker,
        on_days_left=log.certificates,
    )
    return Consumer(
        client=aws.client("dynamodb", os.environ),
        orders=orders,
        products=products,
        send=ingress.send,
        queue=Queue(client=aws.client("sqs", os.environ), url=queue),
        log=log,
    )
