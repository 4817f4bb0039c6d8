"""The collector as a process that the supervisor starts."""

from __future__ import annotations

import sys

from local.machine import Machine
from local.processes import PATH, ProcessSpec, answers
from telemetry.place import place


def spec(machine: Machine) -> ProcessSpec:
    """Returns how to run it."""
    collector = place(machine)
    return ProcessSpec(
        name="collector",
        argv=(sys.executable, "-m", "telemetry", str(collector.port), str(collector.store)),
        env={"PATH": PATH, "LANG": "C.UTF-8"},
        cwd=machine.root,
        log=machine.logs / "collector.log",
        ports=(collector.port,),
        ready=lambda: answers(f"{collector.endpoint}/ready"),
    )
