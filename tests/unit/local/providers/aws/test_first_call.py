"""The call of a new version before its alias moves, with an emulator that is played."""

from __future__ import annotations

import base64
import io
import json
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.errors import ProviderError
from local.providers.aws.client import Aws, SilentError
from local.providers.aws.functions import START_SECONDS, Alias
from tests.unit.local.providers.aws.emulated import machine_in

VIEW = {"name": "live", "functionName": "edge", "functionVersion": "2"}
DIED = "Worker process exited immediately. stderr: "


class Played:
    """An emulator whose function has a timeout of 3 seconds, and ends with a message or hangs."""

    def __init__(self, root: Path, message: str | None) -> None:
        self.machine = SimpleNamespace(root=root)
        self.message = message
        self.seconds: float | None = None

    def shape(self, service: str, operation: str) -> Any:
        raise AssertionError(f"{service} {operation}: the alias moves")

    def call(self, _: str, operation: str, parameters: Any, *, seconds: float | None = None) -> dict[str, Any]:
        assert (parameters["FunctionName"], parameters["Qualifier"]) == ("edge", "2")
        if operation == "GetFunctionConfiguration":
            return {"Timeout": 3}
        self.seconds = seconds
        if self.message is None:
            raise SilentError
        body = io.BytesIO(json.dumps({"errorMessage": self.message}).encode())
        return {"FunctionError": "Unhandled", "Payload": body, "LogResult": base64.b64encode(b"")}


def refusal(aws: Any) -> str:
    with pytest.raises(ProviderError) as raised:
        Alias("aws:lambda/alias:Alias", aws).make(VIEW)
    return str(raised.value)


def test_a_version_that_hangs_has_its_timeout_and_a_few_seconds_and_is_named(tmp_path: Path) -> None:
    aws = Played(tmp_path, None)
    assert refusal(aws) == ("edge: version 2 has not answered within 13 s: it hangs while it is imported or called.")
    assert aws.seconds == 3 + START_SECONDS


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (DIED, "its process ends while it is imported"),
        (f"{DIED}\n\nno table\n  no queue\n", "its process ends while it is imported: no table no queue"),
        (f"{DIED}no table\n", "its process ends while it is imported: no table"),
        ("Worker process died", "Worker process died"),
    ],
    ids=["os._exit", "several lines", "SystemExit", "while it is called"],
)
def test_a_version_that_ends_its_process_is_told_with_what_it_has_printed(
    tmp_path: Path, message: str, reason: str
) -> None:
    assert refusal(Played(tmp_path, message)) == f"edge: version 2 fails before it is called: {reason}"


def test_a_call_with_seconds_is_made_once_and_ends_in_time(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", machine.ports.emulator))
        silent.listen()
        with pytest.raises(SilentError, match=r"^Invoke has no answer within 0\.2 s\.$"):
            Aws(machine).call("lambda", "Invoke", {"FunctionName": "edge"}, seconds=0.2)
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()
