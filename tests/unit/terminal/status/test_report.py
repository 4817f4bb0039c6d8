from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from rich.console import Console

from local.errors import LocalError
from local.machine import Machine, write_json
from local.processes.process import MARK
from local.setup import open_machine
from local.state import Entry, State
from local.supervisor.client import LOCK
from terminal import clone
from terminal.status import command, parts
from terminal.status.report import DOWN, NOT_WELL, WELL, Report, report, switched_off
from terminal.status.tables import shown

FUNCTION = {"name": "orders", "version": "2", "newest": "2", "weights": {}, "events": "Enabled"}
QUEUE = {"name": "orders", "waiting": 3, "in_work": 0, "delayed": 0, "dead_letters_of": None}
USERS = {"namespace": "apps", "name": "users", "ready": 2, "desired": 2, "updated": 2}
ME = {"pid": os.getpid(), "created": psutil.Process().create_time(), "code": "x"}


@contextlib.contextmanager
def supervised(machine: Machine, **status: Any) -> Iterator[Machine]:
    """Plays a supervisor that has reported `status`: this process holds its lock."""
    write_json(machine.run / "status.json", {"supervisor": ME, "processes": [], "observed": {}, **status})
    with (machine.run / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield machine


@contextlib.contextmanager
def answering(machine: Machine, home: Path) -> Iterator[Machine]:
    """Answers at a port, which becomes the machine's endpoint, with the certificate that lies in `home`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home / "pki" / "endpoint.crt", home / "pki" / "endpoint.key")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            # Nobody may come before the end, and a client may refuse the certificate.
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    context.wrap_socket(connection, server_side=True).close()

        threading.Thread(target=serve, daemon=True).start()
        yield replace(machine, ports=replace(machine.ports, endpoint=server.getsockname()[1]))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """The rows that the emulator gives."""
    rows: dict[str, list[dict[str, Any]]] = {"functions": [FUNCTION], "queues": [QUEUE], "tables": []}
    monkeypatch.setattr(parts, "emulated", lambda _: rows)
    monkeypatch.setattr(parts, "databases", lambda _: [])
    return rows


READY = [{"name": name, "state": "ready", "message": ""} for name in ("emulator", "postgres", "envoy")]


def test_a_stack_that_was_never_up_or_is_stopped_is_down(machine: Machine) -> None:
    made = report(machine)
    assert (made.state, made.code, made.reasons) == (DOWN, 3, [])


@pytest.mark.usefixtures("read")
def test_all_is_well(machine: Machine) -> None:
    with answering(machine, machine.home) as here, supervised(here, processes=READY, deployments=[USERS]):
        made = report(here)
    assert (made.state, made.code, made.reasons, made.notes) == (WELL, 0, [], [])
    assert made.as_json()["functions"] == [FUNCTION]


def test_a_supervisor_that_died_is_told_of_with_the_end_of_its_log_and_what_goes_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(machine.run / "status.json", {"supervisor": {**ME, "created": 1.0}})
    (machine.logs / "supervisor.log").write_text("started\nno memory\n")
    assert report(machine).state == DOWN
    monkeypatch.setattr("terminal.status.report.marked", lambda _: iter([psutil.Process()]))
    made = report(machine)
    assert (made.state, made.running) == (NOT_WELL, False)
    assert made.reasons[0].endswith("ends: no memory")
    assert made.reasons[1].startswith("1 of its processes go on alone.")
    assert MARK not in os.environ


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (
            {"processes": [{"name": "envoy", "state": "failed", "message": "Port 1 is used."}]},
            "envoy is failed: Port 1",
        ),
        ({"processes": [{"name": "postgres", "state": "starting", "message": ""}]}, "postgres is starting: it is not"),
        ({"deployments": [{**USERS, "ready": 1}]}, "users: 1 of 2 pods are ready."),
        (
            {
                "deployments": [USERS],
                "observed": {"Deployment/apps/users": {"state": "failed", "message": "app/main.py:1: KeyError"}},
            },
            "users: app/main.py:1: KeyError",
        ),
        (
            {"observed": {"Stage/-/x": {"state": "failed", "message": "It has no route."}}},
            "Stage/-/x: It has no route.",
        ),
    ],
)
def test_what_the_supervisor_reports_is_a_reason(machine: Machine, status: dict[str, Any], reason: str) -> None:
    with answering(machine, machine.home) as here, supervised(here, **status):
        made = report(here)
    assert (made.state, made.code) == (NOT_WELL, 4)
    assert made.reasons[0].startswith(reason)
    assert len(made.reasons) == 1


@pytest.mark.usefixtures("read")
def test_a_full_file_system_is_a_reason(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with answering(machine, machine.home) as here, supervised(here, processes=READY):
        (reason,) = report(here).reasons
    assert reason.startswith("No space left: ")


@pytest.mark.usefixtures("read")
def test_somebody_else_at_the_port_and_nobody_there_are_told_apart(machine: Machine, tmp_path: Path) -> None:
    other = open_machine(tmp_path / "other")
    with answering(machine, other.home) as here, supervised(here, processes=READY):
        (reason,) = report(here).reasons
        assert "answered by something else than this stack" in reason
    with supervised(here, processes=READY):
        (reason,) = report(here).reasons
        assert f"Port {here.ports.endpoint} does not answer" in reason


def test_what_the_last_up_did_not_finish_and_a_version_without_calls_are_reasons(
    machine: Machine, read: dict[str, list[dict[str, Any]]]
) -> None:
    read["functions"] = [{**FUNCTION, "newest": "3"}, {**FUNCTION, "name": "relay", "version": None}]
    entry = Entry(urn="urn:a", type="aws:lambda/alias:Alias", name="orders-live", custom=True, status="updating")
    State(machine.state_file).put(entry)
    with answering(machine, machine.home) as here, supervised(here, processes=READY):
        made = report(here)
    assert made.reasons == [
        "orders: version 2 has the calls, and the newer 3 has none.",
        "relay: no version has its calls.",
        "The last `up` has not finished orders-live. `make up` goes on, or says why it can't.",
    ]


@pytest.mark.parametrize(
    ("type_", "name", "gone"),
    [
        ("aws:lambda/function:Function", "orders", False),
        ("aws:lambda/function:Function", "relay", True),
        ("aws:sqs/queue:Queue", "orders", False),
        ("aws:sqs/queue:Queue", "rebuild", True),
        ("aws:dynamodb/table:Table", "products", True),
    ],
)
@pytest.mark.usefixtures("read")
def test_what_somebody_has_deleted_is_a_reason(machine: Machine, type_: str, name: str, gone: bool) -> None:
    State(machine.state_file).put(Entry(urn="urn:a", type=type_, name="resource", custom=True, outputs={"name": name}))
    with answering(machine, machine.home) as here, supervised(here, processes=READY):
        reasons = list(report(here).reasons)
    assert [reason.partition(",")[0] for reason in reasons] == ([name] if gone else [])
    assert all("./crosscloud up --repair" in reason for reason in reasons)


def test_what_can_not_be_read_is_a_reason(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: Machine) -> None:
        raise TimeoutError

    monkeypatch.setattr(parts, "emulated", read)
    monkeypatch.setattr(parts, "databases", read)
    with answering(machine, machine.home) as here, supervised(here, processes=READY):
        made = report(here)
    assert made.reasons == [
        "The functions, queues and tables can't be read: TimeoutError",
        "The databases can't be read: TimeoutError",
    ]


def test_dead_letters_and_paused_consumers_are_notes_with_a_command(
    machine: Machine, read: dict[str, list[dict[str, Any]]]
) -> None:
    read["functions"] = [{**FUNCTION, "events": "Disabled"}]
    read["queues"] = [QUEUE, {**QUEUE, "name": "dead", "dead_letters_of": "orders"}]
    with answering(machine, machine.home) as here, supervised(here, processes=READY):
        made = report(here)
    assert made.state == WELL
    assert made.notes == [
        "orders has 3 dead letters: `./crosscloud events dlq --stack local`",
        "orders is paused: `./crosscloud resume orders`",
    ]
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(shown(made))
    text = " ".join(capture.get().split())
    assert f"{here.endpoint_url} is well" in text
    assert "orders 2 2 all paused" in text
    assert "dead 3 0 0 dead letters" in text


def test_up_names_what_somebody_has_switched_off_and_left(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [FUNCTION, {**FUNCTION, "name": "relay", "events": "Disabled"}]
    monkeypatch.setattr(parts, "functions", lambda _: iter(rows))
    with supervised(machine, deployments=[USERS, {**USERS, "name": "billing", "ready": 0, "desired": 0}]):
        assert switched_off(machine) == [
            "billing is stopped. Start it: `./crosscloud start billing`",
            "relay is paused: `./crosscloud resume relay`",
        ]


def test_the_command_ends_with_the_status_of_the_stack_and_prints_json_for_programs(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clone, "ROOT", machine.root)
    with pytest.raises(SystemExit, match="3"):
        command.status(as_json=True)
    assert json.loads(capsys.readouterr().out)["state"] == "down"
    with pytest.raises(SystemExit, match="3"):
        command.status()
    assert "is down; start it with `make up`" in capsys.readouterr().out


def test_a_damaged_file_is_named(machine: Machine) -> None:
    machine.state_file.write_text("{")
    with supervised(machine), pytest.raises(LocalError, match="Start afresh"):
        report(machine)


def test_each_state_has_a_status_of_its_own() -> None:
    well, down = (Report(endpoint="", running=running) for running in (True, False))
    not_well = replace(well, reasons=["why"])
    assert [each.code for each in (well, not_well, down)] == [0, 4, 3]
