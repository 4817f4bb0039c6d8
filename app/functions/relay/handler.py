"""The entry point of the function `relay`.

What can never be published is put aside. Any other batch that can't be published as a whole is raised: the stream's
checkpoint stays before it, so that it comes again as a whole. Reporting single records (ReportBatchItemFailures) would
save repetitions, which consumers tell by their ids anyway, and would lose records wherever that report is not heeded.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.contract.correlation import accept
from app.contract.metrics import RELAY_LAG, Counted
from app.functions.kit import aws
from app.functions.kit import environment as settings
from app.functions.kit.api import RESERVE, Context
from app.functions.kit.logs import Log
from app.functions.relay.aside import DeadLetters
from app.functions.relay.publishing import Publisher, entries

NAME = "relay"


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Publishes the events of a batch of the stream. Raises when one could not be published."""
    publisher, log = assembled()
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE
    started = time.perf_counter()
    try:
        found = list(entries(event["Records"], publisher.aside))
        publisher.publish([entry for entry, _ in found], deadline=deadline)
    except Exception as error:
        log.write("ERROR", "A batch of events was not published; the stream gives it again.", reason=str(error))
        raise
    milliseconds = round((time.perf_counter() - started) * 1000, 3)
    for _, document in found:
        log.hop(
            accept(document["request_id"], document["traceparent"]),
            "published",
            failed=False,
            counted=_lag(document["occurred_at"]),
            type=document["type"],
            event_id=document["id"],
            order_id=document["order_id"],
            duration_ms=milliseconds,
            aws_request_id=context.aws_request_id,
        )


def _lag(occurred_at: str) -> Counted:
    """Nothing for a day that there is not, which the events' schemas let pass."""
    try:
        lag = datetime.now(UTC) - datetime.fromisoformat(occurred_at)
    except ValueError:
        return {}
    return {RELAY_LAG: max(round(lag.total_seconds() * 1000, 3), 0.0)}


@functools.cache
def assembled() -> tuple[Publisher, Log]:
    """Once per environment. Raises SettingsError."""
    log = settings.log(os.environ, NAME)
    bus, url, _ = settings.required(os.environ, "EVENT_BUS", "DEAD_LETTER_QUEUE_URL", "AWS_REGION")
    letters = DeadLetters(client=aws.client("sqs", os.environ), url=url)

    def aside(record: object, reason: str) -> None:
        letters.put(record, reason=reason)
        log.write("ERROR", "An event was put aside.", reason=reason)

    return Publisher(client=aws.client("events", os.environ), bus=bus, aside=aside), log
