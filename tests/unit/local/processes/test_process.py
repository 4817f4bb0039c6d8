"""Processes by identity, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.machine import Machine
from local.processes.process import MARK, Backoff, Process, adopt, adopt_recorded, log_tail, marked, start
from tests.support.waiting import eventually

Runner = Callable[[str], Process]


@pytest.fixture
def run(machine: Machine) -> Iterator[Runner]:
    started = []

    def run(code: str) -> Process:
        log = machine.logs / "process.log"
        command = [sys.executable, "-c", code]
        started.append(start(command, env={"A": "b"}, cwd=machine.root, log=log, machine=machine))
        return started[-1]

    yield run
    for process in started:
        asyncio.run(process.stop(grace=0))


SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}"
PARENT = (
    "import subprocess, sys, time\n"
    f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
    "print('up', flush=True)\n"
    "time.sleep(60)"
)


def test_it_has_a_session_and_an_environment_of_its_own(run: Runner, machine: Machine) -> None:
    process = run(SLEEP)
    running = psutil.Process(process.pid)
    assert os.getsid(process.pid) == process.pid
    eventually(running.environ)  # the kernel shows it a moment after execve()
    environ = running.environ()
    assert {key: environ[key] for key in ("A", MARK)} == {"A": "b", MARK: str(machine.home)}
    assert "HOME" not in environ
    assert list(marked(machine)) == [running]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pass", "exited with 0"),
        ("import sys; sys.exit(3)", "exited with 3"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
    ],
)
def test_the_end_of_a_process_is_described(run: Runner, machine: Machine, code: str, words: str) -> None:
    assert asyncio.run(run(code).wait()) == words


def test_the_end_of_an_adopted_process_is_noticed(run: Runner, machine: Machine) -> None:
    process = run(SLEEP)
    adopted = adopt(process.pid, process.created)
    assert adopted is not None
    assert adopted.alive()
    os.kill(process.pid, signal.SIGKILL)
    assert asyncio.run(adopted.wait()) == "has ended", "as a zombie it has ended too"


def test_only_the_same_process_is_adopted(run: Runner, machine: Machine) -> None:
    process = run(SLEEP)
    assert adopt(process.pid, process.created - 60) is None
    assert adopt_recorded({"pid": process.pid, "created": process.created + 0.5}) is not None, "the clock was set"
    assert adopt_recorded({"pid": None, "created": None}) is None
    assert adopt_recorded(None) is None
    asyncio.run(process.stop(grace=5))
    assert adopt(process.pid, process.created) is None


def test_stop_asks_first(run: Runner, machine: Machine) -> None:
    process = run(SLEEP)
    asyncio.run(process.stop(grace=30))
    assert process.child is not None
    assert process.child.returncode == -signal.SIGTERM


def test_stop_kills_after_the_grace_period(run: Runner, machine: Machine) -> None:
    process = run(STUBBORN)
    eventually((machine.logs / "process.log").read_text, what="its start")
    began = time.monotonic()
    asyncio.run(process.stop(grace=0.3))
    assert time.monotonic() - began >= 0.3
    assert process.child is not None
    assert process.child.returncode == -signal.SIGKILL


def test_stop_ends_descendants_in_sessions_of_their_own(run: Runner, machine: Machine) -> None:
    process = run(PARENT)
    eventually((machine.logs / "process.log").read_text, what="its start")
    (child,) = psutil.Process(process.pid).children()
    asyncio.run(process.stop(grace=5))
    assert not child.is_running()


def test_stop_leaves_whoever_got_the_pid(run: Runner, machine: Machine) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as stranger:
        created = psutil.Process(stranger.pid).create_time()
        asyncio.run(Process(pid=stranger.pid, created=created - 60).stop(grace=1))
        assert stranger.poll() is None
        stranger.kill()


def test_processes_of_another_clone_are_not_found(run: Runner, machine: Machine, tmp_path: Path) -> None:
    run(SLEEP)
    other = Machine(root=tmp_path, home=tmp_path / "other", ports=machine.ports)
    assert list(marked(other)) == []


def test_back_off_begins_at_once_doubles_and_forgets() -> None:
    backoff = Backoff()
    assert [backoff.after(0) for _ in range(8)] == [0, 1, 2, 4, 8, 10, 10, 10]
    assert backoff.after(29.9) == 10
    assert backoff.after(30) == 0
    assert backoff.after(1) == 1


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    file = tmp_path / "log"
    assert log_tail(file) == ""
    file.write_text("x" * 10000 + "\none\n\n two\nthree\n")
    assert log_tail(file) == "one | two | three"
    assert log_tail(file, 1) == "three"
