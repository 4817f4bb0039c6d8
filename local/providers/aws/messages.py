"""Looking at the messages of a queue without taking them, and moving them to another: the emulator has no move task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.providers.aws.client import Aws

HOLD = 60
"""Seconds for which nobody else sees what is being looked at; after a crash it is there again."""
BATCH = 10
"""Messages in one call, SQS's maximum
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html)."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """`receives` counts how often it was received from the queue that it lies in now, this time included."""

    message_id: str
    sent: dt.datetime
    receives: int
    body: str
    attributes: dict[str, Any]
    system_attributes: dict[str, Any]
    receipt: str


@contextmanager
def held(aws: Aws, url: str) -> Iterator[list[Message]]:
    """All visible messages of the queue, oldest first. At the end those that were not deleted are visible again."""
    messages: list[Message] = []
    try:
        while batch := _receive(aws, url):
            messages += batch
        yield sorted(messages, key=lambda message: (message.sent, message.message_id))
    finally:
        for chunk in _chunks(messages):
            entries = [{**_entry(number, one), "VisibilityTimeout": 0} for number, one in enumerate(chunk)]
            # Of those that are deleted by now the answer says that they are not there.
            aws.call("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": url, "Entries": entries})


def move(aws: Aws, source: str, target: str, only: Collection[str] = ()) -> list[str]:
    """Moves the messages that are in `source` now, or those with the ids `only`, to `target`; returns their ids.

    Each is sent before it is deleted: a crash between the two makes it twice, and never loses it.
    """
    with held(aws, source) as messages:
        chosen = [message for message in messages if not only or message.message_id in only]
        for message in chosen:
            sent: dict[str, Any] = {"QueueUrl": target, "MessageBody": message.body}
            if message.attributes:
                sent["MessageAttributes"] = message.attributes
            if trace := message.system_attributes.get("AWSTraceHeader"):
                sent["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
            aws.call("sqs", "SendMessage", sent)
            aws.call("sqs", "DeleteMessage", {"QueueUrl": source, "ReceiptHandle": message.receipt})
        return [message.message_id for message in chosen]


def _receive(aws: Aws, url: str) -> list[Message]:
    asked = {"QueueUrl": url, "MaxNumberOfMessages": BATCH, "VisibilityTimeout": HOLD, "WaitTimeSeconds": 0}
    asked |= {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    return [_message(one) for one in aws.call("sqs", "ReceiveMessage", asked).get("Messages", [])]


def _message(found: dict[str, Any]) -> Message:
    system = found["Attributes"]
    return Message(
        message_id=found["MessageId"],
        sent=dt.datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, dt.UTC),
        receives=int(system["ApproximateReceiveCount"]),
        body=found["Body"],
        attributes=found.get("MessageAttributes", {}),
        system_attributes=system,
        receipt=found["ReceiptHandle"],
    )


def _chunks(messages: list[Message]) -> Iterator[list[Message]]:
    for start in range(0, len(messages), BATCH):
        yield messages[start : start + BATCH]


def _entry(number: int, message: Message) -> dict[str, Any]:
    return {"Id": str(number), "ReceiptHandle": message.receipt}
