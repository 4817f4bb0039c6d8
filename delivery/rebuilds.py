"""Rebuilds analytics' counts from the archive, beside those that are read.

    begin -> replay the archive into a queue -> take what is there -> count what is stored -> switch -> clear

Analytics keeps what has been done, and every step may be repeated. A rebuild that was killed is left by the next one,
which begins anew.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from app.contract.events.types import REBUILD
from delivery import replays
from delivery.commands import DeliveryError
from delivery.stack_events import Client, StackEvents

BATCH = 10
"""Messages that SQS gives at once."""
EVENTS = 100
"""Events that analytics takes at once."""
AT_ONCE = 4
"""Threads that take events from the queue."""
WAIT_SECONDS = 1
"""Seconds that SQS looks for messages. It asks all of its servers then: an empty answer means an empty queue."""
HOLD_SECONDS = 60
"""Seconds for which a message belongs to who received it: those of a killed command come to another after that."""
TRIES = 5
"""Times that a step is tried: it may be repeated, and a lost answer is no reason to begin anew."""
PAUSE_SECONDS = 1.0
"""Seconds between two tries, and between two looks at a replay that gives nothing."""
SILENCES = 2
"""Times that the queue must be empty after the end of the replay."""
PATIENCE_SECONDS = 900.0
"""Seconds for which a replay that has not ended may give nothing."""

Answer = dict[str, Any]


@dataclass(kw_only=True)
class Rebuild:
    """One rebuild of a stack's counts."""

    events: StackEvents
    since: dt.datetime | None = None
    """The beginning of what is replayed; that of the archive, when it is left out."""
    compare_only: bool = False
    """True if the counts that were made anew are only compared."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    name: str = field(default_factory=lambda: replays.new_name(REBUILD))
    unreadable: dict[str, str] = field(default_factory=dict)
    """The messages that are no events, by their ids with the reasons. They stay in the queue."""

    def run(self) -> Answer:
        """Rebuilds the counts, and returns what analytics says of them. Raises DeliveryError."""
        self._clear()
        self._step("", {"name": self.name})
        try:
            self._take_archive()
            while self._step(f"/{self.name}/stored")["more"]:
                pass
            comparison = self._step(f"/{self.name}/switch", {"compare_only": self.compare_only})
        except KeyboardInterrupt:
            self._step(f"/{self.name}/leave")
            raise
        self._step(f"/{self.name}/leave")  # without effect once it is the living one
        self._clear()
        return comparison

    def _take_archive(self) -> None:
        """Replays the archive, and takes its events until there are no more."""
        replays.start(
            self.events,
            self.name,
            since=self.since or replays.beginning(self.events),
            until=dt.datetime.now(dt.UTC),
        )
        silences, heard = 0, self.clock()
        while silences < SILENCES:
            ended = replays.has_ended(self.events, self.name)
            with ThreadPoolExecutor(AT_ONCE) as threads:
                taken = sum(threads.map(lambda _: self._take_all(), range(AT_ONCE)))
            silences = silences + 1 if ended and not taken else 0
            heard = self.clock() if ended or taken else heard
            if self.clock() > heard + PATIENCE_SECONDS:
                raise DeliveryError(
                    f"The replay {self.name} goes on and has given nothing for {PATIENCE_SECONDS:.0f} s."
                )
            if not (ended or taken):
                self.sleep(PAUSE_SECONDS)

    def _take_all(self) -> int:
        """Takes events until the queue is empty, and returns how many they were.

        Each is deleted after that: a crash between the two gives it once more, which counts nothing.
        """
        sqs, count = self.events.client("sqs"), 0
        while messages := self._received(sqs):
            answer = self._invoke({"path": f"/{self.name}/archived", "messages": [each["Body"] for each in messages]})
            bad = {int(number): reason for number, reason in answer["unreadable"].items()}
            self.unreadable |= {messages[number]["MessageId"]: reason for number, reason in bad.items()}
            done = [message for number, message in enumerate(messages) if number not in bad]
            for start in range(0, len(done), BATCH):
                entries = [
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(done[start : start + BATCH])
                ]
                sqs.delete_message_batch(QueueUrl=self._exported["queue"], Entries=entries)
            count += len(done)
        return count

    def _received(self, sqs: Client) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while len(messages) + BATCH <= EVENTS:
            answer = sqs.receive_message(
                QueueUrl=self._exported["queue"],
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=HOLD_SECONDS,
                WaitTimeSeconds=0 if messages else WAIT_SECONDS,
            )
            if not answer.get("Messages"):
                break
            messages += answer["Messages"]
        return messages

    def _clear(self) -> None:
        while self._step("/clear")["more"]:
            pass

    def _step(self, path: str, body: Answer | None = None) -> Answer:
        """Takes a step and returns its answer. Raises DeliveryError for a refusal."""
        result: Answer = self._invoke({"path": path, "body": body or {}})["body"]
        return result

    def _invoke(self, step: Answer) -> Answer:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - `--help` needs no SDK

        client, reason = self.events.client("lambda"), ""
        for _ in range(TRIES):
            try:
                answer = client.invoke(
                    FunctionName=self._exported["function"], Payload=json.dumps({"rebuild": step}).encode()
                )
                result: Answer = json.loads(answer["Payload"].read())
            except (BotoCoreError, ClientError, ValueError) as error:
                reason = str(error)
            else:
                if "FunctionError" not in answer:
                    if result["status"] == 200:
                        return result
                    raise DeliveryError(f"Analytics refuses the rebuild {self.name}: {result['body']['detail']}")
                reason = str(result.get("errorMessage"))
            self.sleep(PAUSE_SECONDS)
        raise DeliveryError(
            f"The rebuild {self.name} has ended in the middle: {reason} What is read is as before; run it again."
        )

    @property
    def _exported(self) -> dict[str, str]:
        try:
            exported: dict[str, str] = self.events.exported["rebuild"]
        except KeyError:
            raise DeliveryError(
                "The stack has no queue for rebuilds. Bring it up to date, as at a deployment."
            ) from None
        return exported


def described(comparison: Answer, unreadable: dict[str, str]) -> str:
    """Returns the lines that say what was compared, what differs and what is read now."""
    found, restored = comparison["archived"], comparison["restored"]
    lines = [f"{comparison['events']} events are counted anew; {found} are in the archive, {restored} were only there."]
    lines += [
        f"{each['day']} {each['type'] or 'users'} {each['currency'] or '-'}: "
        f"{_counts(each, 'living')} before, {_counts(each, 'rebuilt')} now"
        for each in comparison["differences"]
    ]
    hidden = comparison["different"] - len(comparison["differences"])
    if hidden > 0:
        lines.append(f"and {hidden} more differences")
    if not comparison["different"]:
        lines.append("The counts are equal.")
    lines += [f"The message {id_} is no event and stays in the queue: {reason}" for id_, reason in unreadable.items()]
    if comparison["contradicting"]:
        examples = ", ".join(comparison["examples"])
        count = comparison["contradicting"]
        lines.append(f"{count} are otherwise in the database than in the archive, such as {examples}.")
    lines.append("Summaries read the new counts." if comparison["switched"] else "Summaries read the counts of before.")
    return "\n".join(lines)


def _counts(difference: Answer, side: str) -> str:
    counts = difference[side]
    return f"{counts['events']} ({counts['amount']})" if difference["currency"] else f"{counts['events']}"
