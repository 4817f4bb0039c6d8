from __future__ import annotations

import http.server
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import botocore.session
import psutil
import pytest
from botocore.exceptions import ClientError

from local import emulator
from local.machine import ACCOUNT, REGION
from local.providers import aws
from local.providers.aws.client import connect
from tests.support.waiting import eventually
from tests.unit.local.providers.aws.emulated import Emulator, Program, machine_in, zipped


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Emulator]:
    one = Emulator(tmp_path / "one")
    one.start()
    yield one
    if one.process:
        one.stop(SIGKILL)


def test_nothing_of_the_users_shell_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strange = {"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "PYTHONDONTWRITEBYTECODE"}
    for name in (*strange, "HOME", "PATH", "STATE_DIR", "BIND_HOST"):
        monkeypatch.setenv(name, "users")
    environment = emulator.spec(machine_in(tmp_path)).env
    assert not strange & environment.keys()
    assert "users" not in environment.values()
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_its_files_stay_in_the_clone_and_only_the_owner_reads_its_state(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    spec = emulator.spec(machine)
    spec.prepare()
    paths = [Path(spec.env[name].removeprefix("unix://")) for name in ("HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR")]
    assert all(path.is_relative_to(machine.home) for path in (*paths, spec.cwd, spec.log))
    assert (machine.data / "aws").stat().st_mode & 0o777 == 0o700

    (spec.cwd / "left-over").touch()
    (machine.data / "aws" / "iam.json").touch()
    spec.prepare()
    assert list(spec.cwd.iterdir()) == []
    assert (machine.data / "aws" / "iam.json").exists()


def test_it_is_not_ready_while_nothing_or_something_else_answers(tmp_path: Path) -> None:
    machine = machine_in(tmp_path)
    ready = emulator.spec(machine).ready
    assert not ready()

    class Unavailable(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    address = ("127.0.0.1", machine.ports.emulator)
    with http.server.ThreadingHTTPServer(address, Unavailable) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert not ready()
        server.shutdown()

    with socket.create_server(address) as garbage:
        speaking = threading.Thread(target=_speak, args=(garbage,))
        speaking.start()
        assert not ready()
        speaking.join()


def _speak(garbage: socket.socket) -> None:
    connection, _ = garbage.accept()
    with connection:
        connection.sendall(b"nonsense\r\n\r\n")


def test_two_run_side_by_side_on_one_loopback_port_each(running: Emulator, tmp_path: Path) -> None:
    other = Emulator(tmp_path / "two")
    other.start()
    try:
        for one in (running, other):
            assert one.process
            listening = [c.laddr for c in psutil.Process(one.process.pid).net_connections() if c.status == "LISTEN"]
            assert listening == [("127.0.0.1", one.machine.ports.emulator)]
    finally:
        other.stop(SIGKILL)


def test_it_knows_its_callers(running: Emulator) -> None:
    """Root is asked no secret; an unknown key is refused."""
    identity = {
        key: botocore.session.Session().create_client(
            "sts",
            region_name=REGION,
            endpoint_url=running.machine.emulator_url,
            aws_access_key_id=key,
            aws_secret_access_key="any",
        )
        for key in (emulator.ROOT_KEY, "AKIAUNKNOWNUNKNOWN00")
    }
    assert identity[emulator.ROOT_KEY].get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    with pytest.raises(ClientError, match="security token"):
        identity["AKIAUNKNOWNUNKNOWN00"].get_caller_identity()


def test_it_ends_in_order_with_its_functions_and_its_state_written(running: Emulator, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "code.zip", "def handler(event, context):\n    return 1\n")
    Program(aws.package(running.machine)).function("edge", archive)
    connect(running.machine).call("lambda", "Invoke", {"FunctionName": "edge"})
    assert running.process
    workers = psutil.Process(running.process.pid).children()
    assert len(workers) == 1

    assert running.stop() == 0
    eventually(lambda: all(map(_has_ended, workers)), what="the end of the functions")
    saved = json.loads((running.machine.data / "aws" / "lambda.json").read_text())
    assert "edge" in json.dumps(saved)
    assert running.spec.log.read_text() == ""


def test_a_write_saves_log_groups_without_their_events(running: Emulator) -> None:
    client = connect(running.machine)
    stream = {"logGroupName": "access", "logStreamName": "one"}
    client.call("logs", "CreateLogGroup", {"logGroupName": "access"})
    client.call("logs", "CreateLogStream", stream)
    now = time.time_ns() // 10**6
    client.call("logs", "PutLogEvents", stream | {"logEvents": [{"timestamp": now, "message": "GET /"}]})
    saved = (running.machine.data / "aws" / "snapshot").read_text()
    assert ":log-group:access:" in saved
    assert "GET /" not in saved
    (event,) = client.call("logs", "GetLogEvents", stream)["events"]
    assert event["message"] == "GET /"


def _has_ended(process: psutil.Process) -> bool:
    """A process whose parent has gone stays a zombie until init collects it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
