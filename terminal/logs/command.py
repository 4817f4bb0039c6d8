"""The command `logs`."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Iterable
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from cluster.target import saved
from local.errors import LocalError
from local.machine import Machine
from terminal import clone
from terminal.logs import selection as choice
from terminal.logs.files import Files, streamed
from terminal.logs.line import Line
from terminal.logs.selection import Selection
from terminal.logs.text import as_text, coloured

app = App(name="logs")

LAST = 20
"""Lines that `--follow` shows of those that were there before, unless it is said since when."""
PAUSE = 0.3
"""Seconds between two looks at the files."""


@app.default
def logs(
    *,
    follow: Annotated[bool, Parameter(alias="-f")] = False,
    since: str | None = None,
    service: tuple[str, ...] = (),
    level: str = "DEBUG",
    grep: str | None = None,
    request_id: str | None = None,
    as_json: Annotated[bool, Parameter("--json")] = False,
) -> None:
    """Print the log lines of every process.

    Parameters
    ----------
    follow
        Go on with the lines as they are written, until Ctrl-C.
    since
        Only lines since then: 30s, 10m, 2h or 1d before now, or a time such as 2026-11-21T14:00:00Z.
    service
        Only lines of this process, function or service; may be given more than once.
    level
        Only lines of this level or above: DEBUG, INFO, WARNING or ERROR. A line that names none counts as INFO.
    grep
        Only lines in which this regular expression is found; capitals do not count.
    request_id
        Only the lines of the request with this X-Request-Id.
    as_json
        One JSON object a line, for programs. `source` is the file that the line stands in.
    """
    machine = clone.machine()
    selection = Selection(
        request_id=request_id,
        since=choice.moment(since, dt.datetime.now(dt.UTC)) if since else None,
        services=service,
        level=choice.level(level),
        pattern=choice.pattern(grep) if grep else None,
    )
    _fetch(machine)
    _check_services(machine, selection)
    if follow:
        with clone.until_stopped():
            _follow(machine, selection, as_json=as_json)
    count = _print(streamed(machine, selection), as_json=as_json)
    if request_id is not None and not count:
        raise LocalError(
            f"No log line has the request id {request_id!r}. The id of a request is the X-Request-Id of its answer. "
            "Lines of the last seconds may still be missing, and `make down PURGE=1` deletes all lines."
        )


def _follow(machine: Machine, selection: Selection, *, as_json: bool) -> None:
    files, first = Files(machine=machine), True
    while True:
        everything = not first or selection.since or selection.request_id
        _print(files.look(selection, last=None if everything else LAST), as_json=as_json)
        first = False
        sys.stdout.flush()
        time.sleep(PAUSE)
        _fetch(machine)


def _fetch(machine: Machine) -> None:
    """Brings the logs of a cluster's pods here, if the stack is in one."""
    if target := saved(machine):
        from cluster.platform import fetch_logs  # noqa: PLC0415 - it takes a second, and most stacks need it not

        fetch_logs(machine, target)


def _check_services(machine: Machine, selection: Selection) -> None:
    """Raises LocalError for a service that never wrote a line: it is most likely a slip of the pen."""
    if selection.services:
        known = {line.service for line in streamed(machine)}
        if unknown := sorted({*selection.services} - known):
            names = ", ".join(sorted(known))
            raise LocalError(f"--service: nothing here is called {', '.join(unknown)}. There are lines of {names}.")


def _print(batch: Iterable[Line], *, as_json: bool) -> int:
    """Prints lines, and returns their number."""
    count = 0
    console = Console(soft_wrap=True, highlight=False)
    for line in batch:
        count += 1
        if as_json:
            sys.stdout.write(json.dumps(line.fields) + "\n")
        elif console.is_terminal:
            console.print(coloured(line.fields))
        else:
            sys.stdout.write(as_text(line.fields) + "\n")
    return count
