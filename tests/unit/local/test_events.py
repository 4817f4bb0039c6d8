"""Orders through table, stream, bus and queue on the emulator, and the commands that look after what fails."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from delivery import events
from delivery.commands import DeliveryError
from delivery.stack_events import StackEvents
from local.emulator import aws_access
from local.engine import Engine
from local.providers import aws
from local.providers.aws.client import Aws, connect
from local.state import State
from local.steps import StepEvent
from planning.run import run_program
from planning.wire import plain
from tests.support.waiting import eventually
from tests.unit.local.providers.aws.emulated import Emulator, printed

RELAY = """
import json, os
import botocore.session

client = botocore.session.get_session().create_client("events")

def handler(event, context):
    if not event["Records"]:  # the dry event
        return
    orders = [record["dynamodb"]["Keys"]["pk"]["S"].removeprefix("OUTBOX#") for record in event["Records"]]
    entry = {"EventBusName": os.environ["BUS"], "Source": "orders", "DetailType": "order-placed"}
    answer = client.put_events(Entries=[{**entry, "Detail": json.dumps({"order": order})} for order in orders])
    print(json.dumps({"relayed": orders}))
    if answer["FailedEntryCount"]:
        raise RuntimeError(answer["Entries"])
"""
FULFILMENT = """
import json, os

def handler(event, context):
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        order = body["detail"]["order"]
        if order == "poison" and not os.path.exists({mended!r}):
            failed.append({{"itemIdentifier": record["messageId"]}})
        else:
            print(json.dumps({{"fulfilled": order, "event": body["id"], "replay": body.get("replay-name")}}))
    return {{"batchItemFailures": failed}}
"""


class Shop:
    """The program, applied to a real emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.machine, root = emulator.machine, emulator.machine.root
        self.mended, self.emulator = root / "mended", emulator
        self.api: Aws = connect(self.machine)
        (root / "Pulumi.yaml").write_text("name: crosscloud\n")
        (root / "Pulumi.local.yaml").write_text("config: {}\n")
        (root / "__main__.py").write_text(
            "from tests.unit.components.events import declare\ndeclare('functions.zip')\n",
        )
        with zipfile.ZipFile(root / "functions.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("relay.py"), RELAY)
            archive.writestr(zipfile.ZipInfo("fulfilment.py"), FULFILMENT.format(mended=str(self.mended)))

    def apply(self) -> dict[str, str]:
        """Applies the program, and returns the operation on each resource."""
        steps: dict[str, str] = {}

        def listen(step: StepEvent) -> None:
            steps[f"{step.type.rpartition(':')[2]} {step.name}"] = step.operation

        engine = Engine(State(self.machine.state_file), [aws.package(self.machine)], listen)
        run_program(self.machine.root, "local", engine, preview=False)
        engine.finish()
        return steps

    def place(self, *orders: str) -> None:
        for order in orders:
            item = {"pk": {"S": f"OUTBOX#{order}"}, "sk": {"S": "1"}}
            self.api.call("dynamodb", "PutItem", {"TableName": "orders", "Item": item})

    def fulfilled(self) -> list[dict[str, Any]]:
        return [line for line in printed(self.machine) if "fulfilled" in line]

    def orders(self) -> list[str]:
        return sorted(line["fulfilled"] for line in self.fulfilled())

    def waiting(self, queue: str) -> int:
        url = f"{self.machine.emulator_url}/000000000000/{queue}"
        asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
        return int(self.api.call("sqs", "GetQueueAttributes", asked)["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    emulator = Emulator(tmp_path_factory.mktemp("shop"))
    emulator.start()
    one = Shop(emulator)
    one.apply()
    # Sooner than the component says, so that the tests need not wait for minutes.
    url = f"{one.machine.emulator_url}/000000000000/fulfilment"
    dead = "arn:aws:sqs:eu-central-1:000000000000:fulfilment-dead-letters"
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    # Three seconds are enough for the function's first call on a busy machine: one that ends later counts as failed.
    sooner = {"VisibilityTimeout": "3", "RedrivePolicy": redrive}
    one.api.call("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": sooner})
    for function in ("relay", "fulfilment"):
        one.api.call("lambda", "Invoke", {"FunctionName": function, "Payload": b'{"Records": []}'})
    yield one
    emulator.stop(SIGKILL)


@pytest.fixture(autouse=True)
def exported(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the commands look after this program: what a stack exports, as its resources here are called."""

    def output(type_: str, name: str) -> str:
        (entry,) = [one for one in State(shop.machine.state_file) if one.type.endswith(type_) and one.name == name]
        value: str = plain(entry.outputs)["url" if type_ == "sqs/queue:Queue" else "arn"]
        return value

    values = {
        "bus": output("eventBus:EventBus", "events"),
        "archive": output("eventArchive:EventArchive", "events"),
        "rules": {"fulfilment": output("eventRule:EventRule", "fulfilment")},
        "mappings": {},
        "dead_letters": {
            "fulfilment": {
                "url": output("sqs/queue:Queue", "fulfilment-dead-letters"),
                "queue": output("sqs/queue:Queue", "fulfilment"),
            },
            "relay": {"url": output("sqs/queue:Queue", "relay-dead-letters"), "function": "relay:live"},
        },
    }
    opened = StackEvents(exported=values, access=aws_access(shop.machine))
    monkeypatch.setattr(events, "open_stack", lambda stack: opened)


def run(*words: str) -> None:
    events.app([*words, "--stack", "local"], result_action="return_value")


def test_the_same_program_again_changes_nothing_but_what_was_changed_behind_its_back(
    tmp_path: Path, shop: Shop
) -> None:
    other = Emulator(tmp_path)
    other.start()
    try:
        fresh = Shop(other)
        assert set(fresh.apply().values()) == {"create"}
        assert set(fresh.apply().values()) == {"same"}
        queue = f"{other.machine.emulator_url}/000000000000/fulfilment"
        connect(other.machine).call("sqs", "DeleteQueue", {"QueueUrl": queue})
        repaired = {name for name, operation in fresh.apply().items() if operation != "same"}
        assert repaired == {"Queue fulfilment", "QueuePolicy fulfilment"}
        assert set(fresh.apply().values()) == {"same"}
        (other.machine.root / "__main__.py").write_text("")
        assert set(fresh.apply().values()) == {"delete"}
    finally:
        other.stop(SIGKILL)


def test_an_order_passes_table_stream_bus_and_queue(shop: Shop) -> None:
    shop.place("one", "two")
    eventually(lambda: {"one", "two"} <= set(shop.orders()))


def test_a_poison_message_is_shown_redriven_and_then_done(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.place("poison", "beside")
    eventually(lambda: shop.waiting("fulfilment-dead-letters") == 1)
    assert "beside" in shop.orders()
    assert shop.orders().count("beside") == 1, "what did not fail is not worked on again"

    for _ in range(2):
        run("dlq", "--json")
        (line,) = capsys.readouterr().out.splitlines()
        shown = json.loads(line)
        assert shown["queue"] == "fulfilment"
        assert json.loads(shown["body"])["detail"] == {"order": "poison"}
        assert shop.waiting("fulfilment-dead-letters") == 1, "showing takes nothing away"
    run("dlq")
    shown, tried = capsys.readouterr().out.splitlines()
    assert shown.endswith(' order-placed {"order": "poison"}')
    assert tried == "  tries not known: no reason is in its log any more"

    shop.mended.touch()
    run("redrive", "--queue", "fulfilment")
    assert "fulfilment: 1 given back." in capsys.readouterr().out
    eventually(lambda: "poison" in shop.orders())
    assert shop.waiting("fulfilment-dead-letters") == 0
    run("dlq")
    run("redrive")
    assert capsys.readouterr().out == "There are no dead letters.\n" * 2


def test_chosen_messages_are_redriven_with_their_attributes_and_the_others_stay(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{shop.machine.emulator_url}/000000000000/fulfilment-dead-letters"
    attributes = {"request_id": {"DataType": "String", "StringValue": "request-1"}}
    for number in range(12):
        body = json.dumps({"id": str(number), "detail": {"order": f"put-aside-{number}"}})
        shop.api.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes})
    run("dlq", "--json")
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(shown) == 12
    assert shown[0]["attributes"] == {"request_id": "request-1"}
    first, second = (one for one in shown if json.loads(one["body"])["id"] in ("3", "11"))
    run("redrive", "--message", first["message_id"], "--message", second["message_id"])
    assert shop.waiting("fulfilment-dead-letters") == 10
    eventually(lambda: {"put-aside-3", "put-aside-11"} <= set(shop.orders()))
    run("redrive")
    eventually(lambda: {f"put-aside-{number}" for number in range(12)} <= set(shop.orders()))
    assert shop.waiting("fulfilment-dead-letters") == 0


def test_a_replay_sends_the_archive_s_events_of_a_time_again(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.place("earlier")
    eventually(lambda: "earlier" in shop.orders())
    (earlier,) = (line for line in shop.fulfilled() if line["fulfilled"] == "earlier")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    run("replay", "--since", "2026-01-01T00:00:00Z", "--until", soon.isoformat())
    assert "is completed" in capsys.readouterr().out
    eventually(lambda: shop.orders().count("earlier") == 2)
    again = [line for line in shop.fulfilled() if line["fulfilled"] == "earlier"]
    assert {line["event"] for line in again} == {earlier["event"]}
    assert [line["replay"] is None for line in again] == [True, False]
    run("replay", "--since", "2026-01-01T00:00:00Z", "--until", "2026-01-02T00:00:00Z")
    shop.place("after-the-empty-replay")
    eventually(lambda: "after-the-empty-replay" in shop.orders())
    assert {line["replay"] for line in shop.fulfilled()} == {line["replay"] for line in again}, "the second sent none"


def test_nothing_is_lost_when_the_emulator_is_killed_on_the_way(shop: Shop) -> None:
    shop.place(*(f"killed-{number}" for number in range(10)))
    shop.emulator.restart(SIGKILL)
    eventually(lambda: {f"killed-{number}" for number in range(10)} <= set(shop.orders()))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("dlq", "--queue", "orders"), "no dead letters 'orders'; it has fulfilment, relay"),
        (("redrive", "--message", "nobody"), "There is no message nobody"),
        (("replay", "--since", "yesterday"), "--since must be a time such as 2026-11-21T14:00:00Z, not 'yesterday'"),
        (("replay", "--since", "2026-01-02T00:00:00"), "with Z or its distance from UTC, not '2026-01-02T00:00:00'"),
        (("replay", "--since", "2026-01-02T00Z", "--until", "2026-01-01T00Z"), "--until must be after --since"),
        (("replay", "--since", "2026-01-02T00Z", "--rule", "orders"), "no rules 'orders'; it has fulfilment"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        run(*words)
    assert sentence in str(refused.value)


NO_POSITION = json.dumps(
    {"DDBStreamBatchInfo": {"streamArn": "", "shardId": "", "startSequenceNumber": "1", "endSequenceNumber": "2"}}
)


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"record": 1}', '{"DDBStreamBatchInfo": {}}', NO_POSITION])
def test_a_letter_of_the_relay_that_stands_for_no_record_stays(shop: Shop, body: str) -> None:
    url = f"{shop.machine.emulator_url}/000000000000/relay-dead-letters"
    shop.api.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body})
    try:
        with pytest.raises(DeliveryError, match=r" stays: (It holds neither|The note of the batch lacks)"):
            run("redrive", "--queue", "relay")
        assert shop.waiting("relay-dead-letters") == 1
    finally:
        shop.api.call("sqs", "PurgeQueue", {"QueueUrl": url})
