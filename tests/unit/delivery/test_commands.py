"""Commands of a delivery that fail or do not end, as real processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from delivery import commands
from delivery.commands import DeliveryError, run

ORDERLY = """
import pathlib, signal, sys, time
def end(*_):
    pathlib.Path(sys.argv[1]).write_text("the lock is given back")
    sys.exit(1)
signal.signal(signal.SIGINT, end)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""
"""Writes the file that it is given when it is interrupted."""
STUBBORN = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"


def test_what_a_command_prints_is_returned_and_its_failure_is_said() -> None:
    assert run([sys.executable, "-c", "print('done')"]) == "done\n"
    with pytest.raises(DeliveryError, match="failed with exit status 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(DeliveryError, match="`no-such-tool` is not on PATH"):
        run(["no-such-tool"])


def test_a_command_that_does_not_end_is_interrupted_and_may_tidy_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SECONDS", {sys.executable: 1.5})
    file = tmp_path / "lock"
    with pytest.raises(DeliveryError, match=r"has not ended within 1\.5 s, and was stopped"):
        run([sys.executable, "-c", ORDERLY, str(file)])
    assert file.read_text() == "the lock is given back"


def test_a_command_that_ignores_the_interrupt_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "OTHER_SECONDS", 0.5)
    monkeypatch.setattr(commands, "GRACE_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(DeliveryError, match=r"has not ended within 0\.5 s"):
        run([sys.executable, "-c", STUBBORN])
    assert time.monotonic() - started < 30


def test_a_command_is_interrupted_with_the_delivery(tmp_path: Path) -> None:
    file = tmp_path / "lock"

    def cancel() -> None:
        while not file.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", ORDERLY, str(file)])
    thread.join()
    assert file.read_text() == "the lock is given back"


def test_a_command_with_variables_before_it_has_the_limit_and_the_name_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(commands.SECONDS, "sleep", 0.2)
    with pytest.raises(DeliveryError, match=r"`sleep 30` has not ended within 0\.2 s"):
        commands.run(["env", "ONE=1", "TWO=2", "sleep", "30"])
