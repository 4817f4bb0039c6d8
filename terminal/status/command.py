"""The command `status`."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.live import Live

from local.machine import Machine
from terminal import clone
from terminal.status.report import report
from terminal.status.tables import show, shown

app = App(name="status")

PAUSE = 2.0
"""Seconds between two looks of `--watch`."""
WIDE = 200
"""Characters of a line where no terminal breaks it."""


@app.default
def status(*, watch: bool = False, as_json: Annotated[bool, Parameter("--json")] = False) -> None:
    """Show what is true of the stack, and end with the status that says whether it is well.

    Parameters
    ----------
    watch
        Go on, with a look every two seconds, until Ctrl-C.
    as_json
        As JSON, for programs; with --watch one object a line.
    """
    machine = clone.machine()
    if watch:
        with clone.until_stopped():
            _watch(machine, as_json=as_json)
    stack_report = report(machine)
    if as_json:
        sys.stdout.write(json.dumps(stack_report.as_json(), indent=1) + "\n")
    else:
        show(_console(), stack_report)
    sys.exit(stack_report.code)


def _watch(machine: Machine, *, as_json: bool) -> None:
    """Shows reports until somebody stops it."""
    console = _console()
    if as_json or not console.is_terminal:
        while True:
            stack_report = report(machine)
            if as_json:
                sys.stdout.write(json.dumps(stack_report.as_json()) + "\n")
            else:
                show(console, stack_report)
            sys.stdout.flush()
            time.sleep(PAUSE)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(shown(report(machine)), refresh=True)
            time.sleep(PAUSE)


def _console() -> Console:
    """Returns the terminal; a file or a pipe is as wide as the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)
