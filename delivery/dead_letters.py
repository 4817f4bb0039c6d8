"""Shows the messages of a dead-letter queue, and gives each back to what could not work on it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from delivery.commands import DeliveryError
from delivery.outbox import Outbox
from delivery.stack_events import Client, StackEvents

HOLD_SECONDS = 60
"""Seconds for which nobody else sees a message that is looked at; after a crash it is there again."""
BATCH = 10
"""Messages of one call, SQS's maximum
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html)."""
WAIT_SECONDS = 1
"""Seconds that a call waits for messages. Without a wait SQS asks only some of its servers, and may find none."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message of a dead-letter queue."""

    message_id: str
    sent: dt.datetime
    receives: int
    """The number of times that it was received from the dead-letter queue, this time included."""
    body: str
    attributes: dict[str, Any]
    trace: str | None
    """AWS's own trace header of the message."""
    receipt: str

    @classmethod
    def of(cls, message: dict[str, Any]) -> Letter:
        """Returns the letter in an answer of SQS."""
        system = message["Attributes"]
        return cls(
            message_id=message["MessageId"],
            sent=dt.datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, dt.UTC),
            receives=int(system["ApproximateReceiveCount"]),
            body=message["Body"],
            attributes=message.get("MessageAttributes", {}),
            trace=system.get("AWSTraceHeader"),
            receipt=message["ReceiptHandle"],
        )


@dataclass(kw_only=True)
class Redriven:
    """The outcome of a redrive: the letters of a queue, by what became of them."""

    returned: list[str] = field(default_factory=list)
    """The ids of the messages that were given back."""
    refused: dict[str, str] = field(default_factory=dict)
    """The reasons why messages could not be given back, by their ids. They stay in the queue."""
    late: set[str] = field(default_factory=set)
    """The ids of the messages that were sent after the redrive had begun. They stay in the queue."""


@dataclass(frozen=True, kw_only=True)
class DeadLetterQueue:
    """A dead-letter queue with the way back of its messages."""

    name: str
    url: str
    way_back: dict[str, str]
    """`queue`: the URL of the queue whose consumer failed. `topic`: the ARN of the topic that refused. `function`: the
    function that takes records of the stream."""
    events: StackEvents
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    """Returns the moment: a letter that was sent after a redrive has begun comes from the redrive."""
    _outboxes: dict[str, Outbox] = field(default_factory=dict, init=False, repr=False)

    def letters(self) -> tuple[list[Letter], bool]:
        """Returns the visible letters, oldest first, and whether these are all; afterwards they are visible again.

        They are not all where looking takes so long that the first ones come again.
        """
        sqs, found, whole = self.events.client("sqs"), dict[str, Letter](), True
        try:
            while whole and (batch := self._receive(sqs)):
                whole = not any(letter.message_id in found for letter in batch)
                found |= {letter.message_id: letter for letter in batch}
        finally:
            self._release(sqs, list(found.values()))
        return sorted(found.values(), key=_age), whole

    def redrive(self, only: Collection[str] = ()) -> Redriven:
        """Gives the letters back that are there now, or those with the ids `only`.

        Each is deleted after that: a crash between the two gives it back twice, and never loses it. One that is refused
        stops no other. One that is among the dead letters again while this goes on stays, so that it comes to an end.
        """
        sqs, done, began = self.events.client("sqs"), Redriven(), self.clock()
        staying: dict[str, Letter] = {}
        try:
            while batch := self._receive(sqs):
                fresh = [letter for letter in batch if letter.message_id not in staying]
                staying |= {letter.message_id: letter for letter in batch}
                for letter in sorted(fresh, key=_age):
                    if only and letter.message_id not in only:
                        continue
                    if not only and letter.sent > began:
                        done.late.add(letter.message_id)
                    elif self._redriven(sqs, letter, done):
                        del staying[letter.message_id]
                if not fresh or (only and set(only) <= {*done.returned, *done.refused}):
                    break
        finally:
            self._release(sqs, list(staying.values()))
        return done

    def _redriven(self, sqs: Client, letter: Letter, done: Redriven) -> bool:
        """Gives one letter back, notes what became of it, and returns whether it is out of the queue."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - `--help` needs no SDK

        try:
            self._give_back(letter)
        except (DeliveryError, BotoCoreError, ClientError) as error:
            done.refused[letter.message_id] = str(error)
            return False
        sqs.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)
        done.returned.append(letter.message_id)
        return True

    def _release(self, sqs: Client, letters: Sequence[Letter]) -> None:
        """Makes letters visible again. Of one whose hold is over by now the answer says so, and it is visible."""
        for start in range(0, len(letters), BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for number, letter in enumerate(letters[start : start + BATCH])
            ]
            sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)

    def _receive(self, sqs: Client) -> list[Letter]:
        answer = sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [Letter.of(message) for message in answer.get("Messages", [])]

    def _give_back(self, letter: Letter) -> None:
        """Gives one letter back. Raises DeliveryError when it is not taken."""
        match self.way_back:
            case {"queue": url}:
                self._send(letter, url)
            case {"topic": arn}:
                self.events.client("sns").publish(TopicArn=arn, Message=letter.body)
            case {"function": function}:
                outbox = self._outbox(function)
                outbox.publish(self._records(letter, outbox))
            case _:
                raise DeliveryError(f"The stack does not say where messages of {self.name} go back to.")

    def _outbox(self, function: str) -> Outbox:
        """Returns the outbox, which is one for all letters, so that it reads the table once."""
        if self._outboxes.get(function) is None:
            self._outboxes[function] = Outbox(events=self.events, function=function)
        return self._outboxes[function]

    def _send(self, letter: Letter, url: str) -> None:
        copy: dict[str, Any] = {"QueueUrl": url, "MessageBody": letter.body, "MessageAttributes": letter.attributes}
        if letter.trace is not None:
            header = {"DataType": "String", "StringValue": letter.trace}
            copy["MessageSystemAttributes"] = {"AWSTraceHeader": header}
        self.events.client("sqs").send_message(**copy)

    def _records(self, letter: Letter, outbox: Outbox) -> list[dict[str, Any]]:
        """Returns the records that a letter of the stream's function stands for.

        It is the one that the function has put aside, or those of a batch that Lambda has given up; such a letter holds
        their position alone.
        """
        try:
            content = json.loads(letter.body)
        except (ValueError, RecursionError):
            content = None
        match content:
            case {"record": dict(record)}:
                return [record]
            case {"DDBStreamBatchInfo": dict(batch)}:
                return outbox.records_of(batch)
            case _:
                raise DeliveryError("It holds neither a record nor the position of a batch.")


def _age(letter: Letter) -> tuple[dt.datetime, str]:
    return letter.sent, letter.message_id


def queues(events: StackEvents, name: str | None) -> list[DeadLetterQueue]:
    """Returns the dead-letter queues of the stack, or the one with this name. Raises DeliveryError."""
    return [
        DeadLetterQueue(
            name=name,
            url=each["url"],
            way_back={kind: value for kind, value in each.items() if kind != "url"},
            events=events,
        )
        for name, each in sorted(events.chosen("dead_letters", name).items())
    ]
