"""The data that the emulator keeps when it is stopped or killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

import pytest
import urllib3

from local.errors import ProviderError
from local.machine import Machine
from local.provider import Properties
from local.providers.aws.client import connect
from tests.support.waiting import eventually
from tests.unit.local.providers.aws.emulated import Emulator, Program, zipped


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """Yields an emulator of its own for each test, without an older state."""
    one = Emulator(tmp_path)
    one.start()
    yield one
    one.stop(SIGKILL)


THROTTLE = {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}
SOURCES = ["$request.header.Authorization"]


def whole(program: Program, folder: Path, text: str = "one") -> Properties:
    """A resource of each type that the emulator keeps."""
    source = f"def handler(event, context):\n    return {{'statusCode': 200, 'body': {text!r}}}\n"
    secret = program.make("Secret", "client")["id"]
    program.make("SecretVersion", "client", secretId=secret, secretString=text)
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
    function = program.function("edge", zipped(folder / f"{text}.zip", source), allowed)
    alias = program.make("Alias", "a", name="live", functionName="edge", functionVersion=function["version"])
    api = program.make("Api", "edge", protocolType="HTTP")
    integration = program.make(
        "Integration", "i", apiId=api["id"], integrationType="AWS_PROXY", integrationUri=alias["invokeArn"]
    )
    jwt = {"issuer": "http://127.0.0.1:1", "audiences": ["crosscloud"]}
    program.make(
        "Authorizer", "j", apiId=api["id"], authorizerType="JWT", identitySources=SOURCES, jwtConfiguration=jwt
    )
    target = f"integrations/{integration['id']}"
    program.make("Route", "r", apiId=api["id"], routeKey="GET /", target=target)
    program.make("Stage", "s", apiId=api["id"], name="$default", autoDeploy=True, defaultRouteSettings=THROTTLE)
    return api


def answer(emulator: Emulator, api: Properties) -> str:
    url = f"{emulator.machine.emulator_url}/_aws/execute-api/{api['id']}/$default/"
    return urllib3.request("GET", url, retries=False, timeout=60).data.decode()


def test_sigterm_keeps_everything(emulator: Emulator, program: Program, tmp_path: Path) -> None:
    api = whole(program, tmp_path)
    assert answer(emulator, api) == "one"
    emulator.restart(SIGTERM)
    assert all(program.exists().values()), program.exists()
    assert answer(emulator, api) == "one"


def test_sigkill_keeps_everything_that_was_answered(emulator: Emulator, program: Program, tmp_path: Path) -> None:
    api = whole(program, tmp_path)
    emulator.restart(SIGKILL)
    assert all(program.exists().values()), program.exists()
    assert answer(emulator, api) == "one"
    assert emulator.spec.log.read_text() == ""


def test_what_a_lost_state_held_is_missed_and_made_again(emulator: Emulator, program: Program, tmp_path: Path) -> None:
    whole(program, tmp_path, "one")
    emulator.stop(SIGKILL)
    shutil.rmtree(emulator.machine.data / "aws")
    emulator.start()
    assert not any(program.exists().values()), program.exists()
    program.made.clear()
    gateway = whole(program, tmp_path, "two")
    assert all(program.exists().values()), program.exists()
    assert answer(emulator, gateway) == "two"


# ---- data

KEYS = {"billingMode": "PAY_PER_REQUEST", "hashKey": "pk", "attributes": [{"name": "pk", "type": "S"}]}
STREAM = {"streamEnabled": True, "streamViewType": "NEW_AND_OLD_IMAGES"}
RELAY = """
import json, os
import botocore.session

def handler(event, context):
    client = botocore.session.get_session().create_client("sqs")
    for record in event["Records"]:
        client.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=record["dynamodb"]["Keys"]["pk"]["S"])
    print(len(event["Records"]))
"""


def put(machine: Machine, key: str) -> None:
    connect(machine).call("dynamodb", "PutItem", {"TableName": "orders", "Item": {"pk": {"S": key}}})


def items(machine: Machine) -> set[str]:
    return {one["pk"]["S"] for one in connect(machine).call("dynamodb", "Scan", {"TableName": "orders"})["Items"]}


def bodies(machine: Machine, url: str) -> list[str]:
    """All messages of the queue, which are taken."""
    asked = {"QueueUrl": url, "MaxNumberOfMessages": 10}
    found: list[str] = []
    while messages := connect(machine).call("sqs", "ReceiveMessage", asked).get("Messages"):
        found += [one["Body"] for one in messages]
    return found


@pytest.mark.parametrize("signal", [SIGTERM, SIGKILL], ids=lambda signal: signal.name)
def test_items_messages_and_archived_events_are_kept(emulator: Emulator, program: Program, signal: Signals) -> None:
    machine = emulator.machine
    program.make("Table", "orders", **KEYS)
    bus = program.make("EventBus", "orders")
    program.make("EventArchive", "orders", eventSourceArn=bus["arn"], retentionDays=14)
    queue = program.make("Queue", "orders")
    rule = program.make("EventRule", "all", eventBusName="orders", eventPattern='{"source":["orders"]}')
    program.make("EventTarget", "all", eventBusName="orders", rule=rule["name"], arn=queue["arn"])
    put(machine, "one")
    event = {"EventBusName": "orders", "Source": "orders", "DetailType": "placed", "Detail": '{"order":"one"}'}
    connect(machine).call("events", "PutEvents", {"Entries": [event]})
    emulator.restart(signal)
    assert items(machine) == {"one"}
    assert [json.loads(body)["detail"] for body in bodies(machine, queue["id"])] == [{"order": "one"}]
    assert connect(machine).call("events", "DescribeArchive", {"ArchiveName": "orders"})["EventCount"] == 1
    assert all(program.exists().values()), program.exists()


@pytest.mark.parametrize("signal", [SIGTERM, SIGKILL], ids=lambda signal: signal.name)
def test_records_of_a_stream_are_kept_and_their_reader_goes_on(
    emulator: Emulator, program: Program, tmp_path: Path, signal: Signals
) -> None:
    machine = emulator.machine
    table = program.make("Table", "orders", **KEYS, **STREAM)
    queue = program.make("Queue", "relayed")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue["arn"]}
    environment = {"variables": {"QUEUE": queue["id"]}}
    program.function("relay", zipped(tmp_path / "relay.zip", RELAY), allowed, environment=environment)
    mapping = {"functionName": "relay", "eventSourceArn": table["streamArn"], "startingPosition": "TRIM_HORIZON"}
    source = program.make("EventSourceMapping", "relay", **mapping)

    def relayed(count: int) -> list[str]:
        keys: set[str] = set()

        def complete() -> bool:
            keys.update(bodies(machine, queue["id"]))
            return len(keys) >= count

        eventually(complete, what=f"{count} keys in the queue")
        return sorted(keys)

    put(machine, "before")
    assert relayed(1) == ["before"]
    handler = program.handler("EventSourceMapping")
    handler.update(source["id"], mapping, {**mapping, "enabled": False}, source)
    put(machine, "while-off")
    emulator.restart(signal)
    put(machine, "after")
    handler.update(source["id"], mapping, mapping, source)
    assert {"while-off", "after"} <= set(relayed(2))


def test_every_write_that_was_answered_survives_sigkill_under_load(emulator: Emulator, program: Program) -> None:
    program.make("Table", "orders", **KEYS)
    answered: list[str] = []

    def write(thread: int) -> None:
        for number in range(10_000):
            try:
                put(emulator.machine, f"{thread}-{number}")
            except ProviderError:
                return
            answered.append(f"{thread}-{number}")

    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, number) for number in range(4)]
        eventually(lambda: len(answered) >= 40, what="the first 40 answers")
        emulator.stop(SIGKILL)
        for one in writing:
            one.result()
    emulator.start()
    assert len(answered) >= 40
    assert set(answered) <= items(emulator.machine)


def test_a_write_that_can_not_be_saved_is_not_answered_as_done(emulator: Emulator, program: Program) -> None:
    program.make("Table", "orders", **KEYS)
    obstacle = emulator.machine.data / "aws" / "snapshot.new"
    obstacle.mkdir()
    with pytest.raises(ProviderError):
        put(emulator.machine, "one")
    obstacle.rmdir()
    put(emulator.machine, "two")
    emulator.restart(SIGKILL)
    assert "two" in items(emulator.machine)


def test_reads_and_calls_of_functions_wait_for_nothing(emulator: Emulator, program: Program, tmp_path: Path) -> None:
    program.make("Table", "orders", **KEYS)
    program.function("edge", zipped(tmp_path / "edge.zip", "def handler(event, context):\n    print(1)\n"))
    snapshot = emulator.machine.data / "aws" / "snapshot"
    before = snapshot.stat().st_mtime_ns
    items(emulator.machine)
    connect(emulator.machine).call("lambda", "Invoke", {"FunctionName": "edge"})
    assert snapshot.stat().st_mtime_ns == before
    put(emulator.machine, "one")
    assert snapshot.stat().st_mtime_ns > before


def test_the_state_is_its_owners_alone(emulator: Emulator, program: Program) -> None:
    program.make("Table", "orders", **KEYS)
    state = emulator.machine.data / "aws"
    assert (state / "snapshot").stat().st_mode & 0o077 == 0
    emulator.stop()
    assert not (state / "snapshot").exists(), "the files that an orderly end writes are newer"
    assert all(file.stat().st_mode & 0o077 == 0 for file in state.rglob("*.json"))
    emulator.start()
