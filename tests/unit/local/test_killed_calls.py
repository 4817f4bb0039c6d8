"""A call of a function that is killed leaves no line of its own: the platform's line says whose request it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from local.providers import aws
from local.providers.aws.client import connect
from tests.support.waiting import eventually
from tests.unit.local.providers.aws.emulated import Emulator, Program, zipped

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
DETAIL = {"request_id": "the-request", "order_id": "order-1", "traceparent": TRACEPARENT}
SLOW = """
import time
def handler(event, context):
    if not isinstance(event, dict) or "routeKey" not in event:
        print("halfway", flush=True)
        time.sleep(60)
"""
BROKEN = """
def handler(event, context):
    if not isinstance(event, dict) or "routeKey" not in event:
        raise RuntimeError("broken")
"""
EVENTS: dict[str, Any] = {
    "http": {"headers": {"x-request-id": "the-request", "traceparent": TRACEPARENT}},
    "queue": {"Records": [{"messageId": "m1", "body": json.dumps({"detail-type": "order.placed", "detail": DETAIL})}]},
    "stream": {"Records": [{"dynamodb": {"NewImage": {"document": {"S": json.dumps(DETAIL)}}}}]},
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path / "clone")
    emulator.start()
    yield emulator
    emulator.stop(SIGKILL)


@pytest.mark.parametrize("kind", EVENTS)
def test_a_call_that_ran_out_of_time_is_told_with_the_ids_of_its_request(
    running: Emulator, tmp_path: Path, kind: str
) -> None:
    archive = zipped(tmp_path / "code.zip", SLOW)
    Program(aws.package(running.machine)).function("slow", archive)
    client = connect(running.machine)
    client.call("lambda", "UpdateFunctionConfiguration", {"FunctionName": "slow", "Timeout": 1})
    answer = client.call("lambda", "Invoke", {"FunctionName": "slow", "Payload": json.dumps(EVENTS[kind])})
    assert "FunctionError" in answer
    file = running.machine.logs / "functions.jsonl"
    text = eventually(lambda: file.exists() and "timed out" in file.read_text() and file.read_text(), what="the line")
    (line,) = [line for line in map(json.loads, text.splitlines()) if "timed out" in line["message"]]

    assert line["message"] == "Task timed out after 1.00 seconds"
    assert (line["level"], line["service"], line["request_id"]) == ("ERROR", "slow", "the-request")
    assert (line["trace_id"], line["parent_id"]) == (TRACE, PARENT)
    assert line.get("order_id") == (None if kind == "http" else "order-1")
    assert line["aws_request_id"]


@pytest.mark.parametrize("event", [{}, [], None, "text", {"Records": []}, {"Records": [{"body": "{"}]}, {"headers": 7}])
def test_an_event_of_nobody_s_request_is_told_without_ids(running: Emulator, tmp_path: Path, event: object) -> None:
    archive = zipped(tmp_path / "code.zip", BROKEN)
    Program(aws.package(running.machine)).function("broken", archive)
    client = connect(running.machine)
    client.call("lambda", "Invoke", {"FunctionName": "broken", "Payload": json.dumps(event)})
    file = running.machine.logs / "functions.jsonl"
    text = eventually(lambda: file.exists() and "broken" in file.read_text() and file.read_text(), what="the line")
    assert not any("request_id" in line for line in map(json.loads, text.splitlines()))
