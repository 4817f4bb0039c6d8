"""A redrive of many or odd dead letters against a queue, a stream and a table that are played."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery import events
from delivery.dead_letters import BATCH, HOLD_SECONDS, DeadLetterQueue
from delivery.stack_events import StackEvents

BEGAN = dt.datetime(2026, 11, 21, 14, tzinfo=dt.UTC)


@dataclass(kw_only=True)
class Cloud:
    """A dead-letter queue whose calls take `seconds` each, and everything that takes what is given back.

    A message of `poison` is at once among the dead letters again, as a copy with an id of its own."""

    bodies: list[str]
    seconds: float = 0
    poison: frozenset[str] = frozenset()
    now: float = 0
    letters: dict[str, dict[str, Any]] = field(default_factory=dict)
    given_back: list[str] = field(default_factory=list)
    most_held: int = 0
    scans: int = 0
    published: list[list[dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for body in self.bodies:
            self._put(body, BEGAN - dt.timedelta(hours=1))

    def _put(self, body: str, sent: dt.datetime) -> None:
        id_ = f"id-{len(self.given_back)}-{len(self.letters)}"
        self.letters[id_] = {"id": id_, "body": body, "sent": sent, "hidden": -1.0}

    def receive_message(self, **given: Any) -> dict[str, Any]:
        self.now += self.seconds
        assert given["VisibilityTimeout"] == HOLD_SECONDS
        visible = [each for each in self.letters.values() if each["hidden"] <= self.now]
        taken = visible[: given["MaxNumberOfMessages"]]
        for each in taken:
            each["hidden"] = self.now + HOLD_SECONDS
        held = [each for each in self.letters.values() if each["hidden"] > self.now]
        self.most_held = max(self.most_held, len(held))
        return {
            "Messages": [
                {
                    "MessageId": each["id"],
                    "Body": each["body"],
                    "ReceiptHandle": each["id"],
                    "Attributes": {
                        "SentTimestamp": str(round(each["sent"].timestamp() * 1000)),
                        "ApproximateReceiveCount": "1",
                    },
                }
                for each in taken
            ]
        }

    def delete_message(self, **given: Any) -> None:
        del self.letters[given["ReceiptHandle"]]

    def change_message_visibility_batch(self, **given: Any) -> None:
        for entry in given["Entries"]:
            self.letters[entry["ReceiptHandle"]]["hidden"] = self.now

    def send_message(self, **given: Any) -> None:
        self.given_back.append(given["MessageBody"])
        if given["MessageBody"] in self.poison:
            self._put(given["MessageBody"], BEGAN + dt.timedelta(seconds=1))

    def invoke(self, **given: Any) -> dict[str, Any]:
        self.published.append(json.loads(given["Payload"])["Records"])
        return {"Payload": io.BytesIO(b"null")}

    def get_shard_iterator(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")

    def get_paginator(self, operation: str) -> Cloud:
        assert operation == "scan"
        self.scans += 1
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        document = json.dumps({"occurred_at": "2026-11-21T13:00:00Z"})
        yield {"Items": [{"pk": {"S": "OUTBOX#1"}, "document": {"S": document}}]}


class Played(StackEvents):
    """A stack whose clients are all the played cloud."""

    def client(self, service: str) -> Any:
        return self.access["cloud"]


OUTBOX = {
    "table": "orders",
    "filter": {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}}},
}


def queue_of(cloud: Cloud, **way_back: str) -> DeadLetterQueue:
    stack = Played(exported={"outbox": OUTBOX}, access={"cloud": cloud})  # type: ignore[dict-item]
    return DeadLetterQueue(name="one", url="dead", way_back=way_back, events=stack, clock=lambda: BEGAN)


def test_many_letters_are_given_back_without_holding_more_than_a_batch_of_them() -> None:
    bodies = [f"body-{number}" for number in range(235)]
    cloud = Cloud(bodies=bodies, seconds=7)
    done = queue_of(cloud, queue="queue").redrive()
    assert sorted(cloud.given_back) == sorted(bodies)
    assert (len(done.returned), done.refused, cloud.letters) == (235, {}, {})
    assert cloud.most_held <= BATCH


def test_a_redrive_ends_though_what_it_gives_back_comes_again_at_once() -> None:
    cloud = Cloud(bodies=["well", "poison", "well too"], poison=frozenset({"poison"}))
    done = queue_of(cloud, queue="queue").redrive()
    assert sorted(cloud.given_back) == ["poison", "well", "well too"]
    assert (len(done.returned), len(done.late)) == (3, 1)
    assert [each["body"] for each in cloud.letters.values()] == ["poison"]


def test_letters_that_stay_end_no_redrive_of_the_others_and_do_not_keep_it_for_good() -> None:
    """Each call takes so long that letters which stay come again before all others have been seen."""
    bodies = ["no record", *(json.dumps({"record": {"number": number}}) for number in range(95))]
    cloud = Cloud(bodies=bodies, seconds=HOLD_SECONDS / 3)
    done = queue_of(cloud, function="relay:live").redrive()
    assert len(done.returned) == 95
    assert list(done.refused.values()) == ["It holds neither a record nor the position of a batch."]
    assert [each["body"] for each in cloud.letters.values()] == ["no record"]
    assert all(each["hidden"] <= cloud.now for each in cloud.letters.values()), "what stays is visible again"


def test_a_chosen_letter_is_found_behind_many_others() -> None:
    cloud = Cloud(bodies=[f"body-{number}" for number in range(35)])
    chosen = list(cloud.letters)[-1]
    done = queue_of(cloud, queue="queue").redrive([chosen])
    assert (done.returned, cloud.given_back, len(cloud.letters)) == ([chosen], ["body-34"], 34)
    assert all(each["hidden"] <= cloud.now for each in cloud.letters.values())


def test_a_look_at_more_letters_than_can_be_held_ends_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = Cloud(bodies=[f"body-{number}" for number in range(300)], seconds=HOLD_SECONDS / 3)
    queue = queue_of(cloud, queue="queue")
    monkeypatch.setattr(events, "open_stack", lambda _: None)
    monkeypatch.setattr(events, "queues", lambda *_: [queue])
    events.app(["dlq", "--stack", "prod"], result_action="return_value")
    shown = capsys.readouterr()
    assert 0 < len(shown.out.splitlines()) < 600
    assert "more dead letters than can be shown" in shown.err
    cloud.seconds = 0
    events.app(["dlq", "--stack", "prod"], result_action="return_value")
    shown = capsys.readouterr()
    assert (len(shown.out.splitlines()), shown.err) == (600, "")  # two lines each


def test_a_letter_that_no_parser_can_follow_stays() -> None:
    cloud = Cloud(bodies=["[" * 100_000, json.dumps({"record": {}})])
    done = queue_of(cloud, function="relay:live").redrive()
    assert (len(done.returned), len(done.refused)) == (1, 1)


NOTE = {
    "streamArn": "arn",
    "shardId": "shard",
    "startSequenceNumber": "1",
    "endSequenceNumber": "2",
    "approximateArrivalOfFirstRecord": "2026-11-21T13:00:00Z",
    "approximateArrivalOfLastRecord": "2026-11-21T13:00:01Z",
}


def letter(**changed: object) -> str:
    return json.dumps({"DDBStreamBatchInfo": {key: value for key, value in (NOTE | changed).items() if value != ""}})


@pytest.mark.parametrize("value", ["", None, [], "yesterday"], ids=str)
@pytest.mark.parametrize("member", [name for name in NOTE if name.startswith(("end", "approximate"))])
def test_one_odd_note_ends_no_redrive(member: str, value: object) -> None:
    cloud = Cloud(bodies=[letter(**{member: value}), letter()])
    done = queue_of(cloud, function="relay:live").redrive()
    assert len(done.returned) == 1
    (reason,) = done.refused.values()
    assert reason.startswith("The note of the batch ")
    assert len(cloud.published) == 1


def test_the_table_is_read_once_for_all_batches_that_the_stream_has_forgotten() -> None:
    cloud = Cloud(bodies=[letter() for _ in range(25)])
    done = queue_of(cloud, function="relay:live").redrive()
    assert (len(done.returned), len(cloud.published), cloud.scans) == (25, 25, 1)
