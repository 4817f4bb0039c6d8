"""The supervisor with its system processes, as `up` and `down` use it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from local import desired
from local.desired import read_status
from local.errors import LocalError, ProviderError
from local.machine import Machine
from local.processes.keeper import require_free
from local.processes.process import marked
from local.supervisor import client
from tests.support.waiting import eventually

MODULES = tuple(f"tests.unit.local.supervisor.fake_{name}" for name in ("postgres", "emulator"))


@pytest.fixture(autouse=True)
def _stopped(machine: Machine) -> Iterator[None]:
    yield
    client.stop(machine)


def record(machine: Machine, name: str) -> dict[str, Any]:
    (match,) = [process for process in read_status(machine)["processes"] if process["name"] == name]
    return dict(match)


def kill(machine: Machine) -> int:
    """The supervisor; returns what its pid was."""
    pid = int(read_status(machine)["supervisor"]["pid"])
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not client.alive(machine), what="its death")
    return pid


def test_ensure_returns_when_all_processes_are_ready(machine: Machine) -> None:
    assert not client.alive(machine)
    client.ensure(machine, MODULES)
    assert client.alive(machine)
    assert {record(machine, name)["state"] for name in ("postgres", "emulator")} == {"ready"}


def test_ensure_again_changes_nothing(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    before = read_status(machine)
    client.ensure(machine, MODULES)
    assert read_status(machine) == before


def supervisors(machine: Machine) -> list[int]:
    """Returns the ids of the processes that are, or are about to be, this clone's supervisor."""
    processes = psutil.process_iter(["cmdline"])
    return [
        process.pid
        for process in processes
        if {"local.supervisor", str(machine.root)} <= {*(process.info["cmdline"] or ())}
    ]


def test_two_at_a_time_start_one_supervisor(machine: Machine) -> None:
    threads = [threading.Thread(target=client.ensure, args=(machine, MODULES)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert supervisors(machine) == [read_status(machine)["supervisor"]["pid"]]
    assert len(list(marked(machine))) == 2


def test_the_supervisor_has_ended_when_stop_returns(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    client.stop(machine)
    assert supervisors(machine) == []


def test_it_outlives_whoever_started_it(machine: Machine) -> None:
    code = (
        "from pathlib import Path; from local.setup import open_machine; from local.supervisor import client; "
        f"client.ensure(open_machine(Path({str(machine.root)!r}), create=False), {MODULES!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert client.alive(machine)
    assert record(machine, "emulator")["state"] == "ready"


def test_it_inherits_nothing_of_the_users_shell(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's own")
    client.ensure(machine, MODULES)
    pids = [read_status(machine)["supervisor"]["pid"], record(machine, "emulator")["pid"]]
    assert not any("AWS_SECRET_ACCESS_KEY" in psutil.Process(pid).environ() for pid in pids)


def test_a_process_that_exits_is_an_error_with_its_last_words(machine: Machine) -> None:
    (machine.run / "emulator.broken").touch()
    with pytest.raises(LocalError, match=r"emulator exited with 1\. Its log \S+emulator\.log ends: emulator finds"):
        client.ensure(machine, MODULES)
    (machine.run / "emulator.broken").unlink()
    client.ensure(machine, MODULES)


def test_a_process_that_does_not_get_ready_is_an_error(machine: Machine) -> None:
    (machine.run / "postgres.slow").touch()
    with pytest.raises(LocalError, match="postgres was not ready within 1 s"):
        client.ensure(machine, MODULES)


def test_a_busy_port_is_named_with_who_has_it(machine: Machine) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", machine.ports.postgres))
        listener.listen()
        with pytest.raises(LocalError) as caught:
            client.ensure(machine, MODULES)
    sentence = f"Port {machine.ports.postgres} on 127.0.0.1, which postgres needs, is used by "
    assert str(caught.value).startswith(sentence)
    assert re.search(rf"\(process {os.getpid()}\)\. ", str(caught.value))
    assert str(caught.value).endswith("`make down; rm .local/ports.json; make up`.")
    client.ensure(machine, MODULES)


def test_a_busy_port_of_the_endpoint_is_named_with_the_command_that_takes_another(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LocalError, match=r"End it, or use another port: `make up PORT=\d+`\.$"):
            require_free(port, "envoy", endpoint=port)


def test_a_spec_that_can_not_be_made_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_ENVOY_BIN", "/nonexistent/envoy")
    with pytest.raises(LocalError, match=r"^No Envoy for this platform.*/nonexistent/envoy"):
        client.ensure(machine, ("local.envoy.process",))


def test_a_killed_process_is_started_again(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    before = record(machine, "postgres")
    os.kill(before["pid"], signal.SIGKILL)
    eventually(lambda: record(machine, "postgres")["pid"] not in (None, before["pid"]), what="its return")
    eventually(lambda: record(machine, "postgres")["state"] == "ready", what="readiness")
    assert record(machine, "postgres")["restarts"] == 1
    assert record(machine, "emulator")["restarts"] == 0


def test_a_new_supervisor_adopts_processes_that_run_as_they_should(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    before = {name: record(machine, name)["pid"] for name in ("postgres", "emulator")}
    old = kill(machine)
    (machine.run / "emulator.setting").write_text("changed")
    client.ensure(machine, MODULES)
    assert read_status(machine)["supervisor"]["pid"] != old
    assert record(machine, "postgres")["pid"] == before["postgres"]
    assert record(machine, "emulator")["pid"] != before["emulator"], "its settings have changed"
    assert len(list(marked(machine))) == 2


def test_a_process_that_has_the_pid_of_a_dead_one_is_left_alone(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    kill(machine)
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as stranger:
        status = read_status(machine)
        os.kill(status["processes"][0]["pid"], signal.SIGKILL)
        status["processes"][0]["pid"] = stranger.pid
        status["processes"][0]["created"] -= 60
        (machine.run / "status.json").write_text(json.dumps(status))
        client.ensure(machine, MODULES)
        assert record(machine, "postgres")["pid"] != stranger.pid
        client.stop(machine)
        assert stranger.poll() is None
        stranger.kill()


def test_a_supervisor_of_other_code_is_replaced(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    client.ensure(machine, MODULES)
    before = read_status(machine)
    monkeypatch.setattr(client, "code_digest", lambda _: "another")
    client.ensure(machine, MODULES)
    assert read_status(machine)["supervisor"]["pid"] != before["supervisor"]["pid"]
    assert record(machine, "postgres")["pid"] == before["processes"][0]["pid"]


@pytest.mark.parametrize("supervised", [True, False])
def test_stop_ends_what_was_started_last_first(machine: Machine, supervised: bool) -> None:
    client.ensure(machine, MODULES)
    if not supervised:
        kill(machine)
    client.stop(machine)
    assert (machine.run / "stopped").read_text() == "emulator postgres "
    assert not list(marked(machine))
    client.stop(machine)


def test_stop_ends_what_nobody_recorded(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    kill(machine)
    (machine.run / "status.json").unlink()
    client.stop(machine)
    assert not list(marked(machine))


def test_a_damaged_object_is_named_and_ends_nothing(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    damaged = desired.path_of(machine, "Secret/apps/users")
    damaged.parent.mkdir(parents=True)
    damaged.write_text('{"half":')
    log = machine.logs / "supervisor.log"
    eventually(lambda: f"{damaged} is damaged" in log.read_text(), what="its notice")
    assert client.alive(machine)
    kill(machine)
    with pytest.raises(LocalError, match=r"users\.json is damaged: it is no JSON\. Remove it"):
        client.ensure(machine, MODULES)
    damaged.unlink()
    client.ensure(machine, MODULES)


def test_nobody_waits_for_a_supervisor_that_has_ended(machine: Machine) -> None:
    client.ensure(machine, MODULES)
    desired.put(machine, key := "Secret/apps/users", {})
    kill(machine)
    with pytest.raises(ProviderError, match=r"the supervisor has ended.*`make up` starts it"):
        desired.wait(machine, key, {"other": 1})


def test_the_code_of_each_process_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs another package's code is started anew after an edit there."""
    monkeypatch.setattr(client, "_CODE", tmp_path)
    for folder in ("local", "telemetry", "watching"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "code.py").write_text("before")
    modules = ["local.gateway", "telemetry.process"]
    digests = [client.code_digest(modules)]
    for folder in ("watching", "telemetry", "local"):
        (tmp_path / folder / "code.py").write_text("after")
        digests.append(client.code_digest(modules))
    assert digests[0] == digests[1], "no process runs that"
    assert len(set(digests)) == 3
