"""A real PostgreSQL on this machine."""

from __future__ import annotations

import subprocess

from local.machine import Machine
from local.postgres import spec
from tests.support.waiting import eventually


def test_a_start_is_waited_for_without_an_error_in_the_log(machine: Machine) -> None:
    process = spec(machine)
    for start in ("the first one", "the next one"):
        process.prepare()
        with process.log.open("wb") as log:
            running = subprocess.Popen(process.argv, env=process.env, cwd=process.cwd, stdout=log, stderr=log)
        try:
            eventually(process.ready, what=start)
        finally:
            running.send_signal(process.stop_signal)
            running.wait()
        assert "FATAL" not in process.log.read_text(), start
