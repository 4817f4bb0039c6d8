"""System processes that do nothing but what a test asks for, by files in `.local/run`."""

from __future__ import annotations

import sys

from local.machine import Machine
from local.processes import ProcessSpec

_SCRIPT = """
import pathlib, signal, sys
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
if (folder / f"{name}.broken").exists():
    sys.exit(f"{name} finds a damaged file")

def stop(*_):
    with (folder / "stopped").open("a") as file:
        file.write(f"{name} ")
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
(folder / f"{name}.ready").touch()
while True:
    signal.pause()
"""


def make(machine: Machine, name: str) -> ProcessSpec:
    ready = machine.run / f"{name}.ready"
    setting = machine.run / f"{name}.setting"
    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-c", _SCRIPT, str(machine.run), name),
        env={"SETTING": setting.read_text() if setting.exists() else ""},
        cwd=machine.run,
        log=machine.logs / f"{name}.log",
        ports=(getattr(machine.ports, name),),
        ready=lambda: ready.exists() and not (machine.run / f"{name}.slow").exists(),
        ready_timeout=1.0,
        prepare=lambda: ready.unlink(missing_ok=True),
    )
