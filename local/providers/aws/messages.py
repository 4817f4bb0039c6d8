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
    """A message of a queue."""

    message_id: str
    sent: dt.datetime
    receives: int
    """How often it was received from the queue that it lies in now, this time included."""
    body: str
    attributes: dict[str, Any]
    system_attributes: dict[str, Any]
    receipt: str


@contextmanager
def held(aws: Aws, url: str) -> Iterator[list[Message]]:
    """Yields all visible messages of the queue, oldest first; at the end those that are left are visible again."""
    messages: list[Message] = []
    try:
        while batch := _receive(aws, url):
            messages += batch
        yield sorted(messages, key=lambda message: (message.sent, message.message_id))
    finally:
        for start in range(0, len(messages), BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
                for number, message in enumerate(messages[start : start + BATCH])
            ]
            # Of those that are deleted by now the answer says that they are not there.
            aws.call("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": url, "Entries": entries})


def move(aws: Aws, source: str, target: str, only: Collection[str] = ()) -> list[str]:
    """Moves the messages that are in `source` now, or those with the ids `only`, to `target`; returns their ids.

    Each is sent before it is deleted: a crash between the two makes it twice, and never loses it.
    """
    with held(aws, source) as messages:
        chosen = [message for message in messages if not only or message.message_id in only]
        for message in chosen:
            copy: dict[str, Any] = {"QueueUrl": target, "MessageBody": message.body}
            if message.attributes:
                copy["MessageAttributes"] = message.attributes
            if trace := message.system_attributes.get("AWSTraceHeader"):
                copy["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
            aws.call("sqs", "SendMessage", copy)
            aws.call("sqs", "DeleteMessage", {"QueueUrl": source, "ReceiptHandle": message.receipt})
        return [message.message_id for message in chosen]


def _receive(aws: Aws, url: str) -> list[Message]:
    request = {"QueueUrl": url, "MaxNumberOfMessages": BATCH, "VisibilityTimeout": HOLD, "WaitTimeSeconds": 0}
    request |= {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    return [
        Message(
            message_id=each["MessageId"],
            sent=dt.datetime.fromtimestamp(int(each["Attributes"]["SentTimestamp"]) / 1000, dt.UTC),
            receives=int(each["Attributes"]["ApproximateReceiveCount"]),
            body=each["Body"],
            attributes=each.get("MessageAttributes", {}),
            system_attributes=each["Attributes"],
            receipt=each["ReceiptHandle"],
        )
        for each in aws.call("sqs", "ReceiveMessage", request).get("Messages", [])
    ]
