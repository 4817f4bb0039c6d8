"""The report of a stack: everything that is known of it, a verdict, and the reasons for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from botocore.exceptions import BotoCoreError, ClientError

from cluster.target import saved
from local.desired import read_status
from local.errors import LocalError
from local.machine import Machine
from local.processes.process import adopt_recorded, marked
from local.supervisor import client
from terminal.emulated import Emulated
from terminal.room import too_little
from terminal.status import parts, reasons
from terminal.status.parts import Row

WELL, NOT_WELL, DOWN = "well", "not well", "down"
CODES = {WELL: 0, DOWN: 3, NOT_WELL: 4}
"""The exit statuses. 1 is that of a command that could not be done; 3 says what it says of a service of systemd."""

UNREADABLE = (BotoCoreError, ClientError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""The failures of the emulator and of PostgreSQL to answer."""


@dataclass(kw_only=True)
class Report:
    """The state of a stack."""

    endpoint: str
    running: bool
    """True while a supervisor looks after the processes."""
    left: int = 0
    """Processes that go on although no supervisor looks after them."""
    supervisor: dict[str, Any] = field(default_factory=dict)
    """The process that looks after the others."""
    reasons: list[str] = field(default_factory=list)
    """The sentences that say what is not as it should be."""
    notes: list[str] = field(default_factory=list)
    """Sentences that a person may want to read although the stack is well."""
    sections: dict[str, list[Row]] = field(default_factory=dict)
    """The parts by kind."""

    @property
    def state(self) -> str:
        return DOWN if not (self.running or self.left) else NOT_WELL if self.reasons else WELL

    @property
    def code(self) -> int:
        return CODES[self.state]

    def add(self, names: str, read: Callable[[], dict[str, list[Row]]]) -> None:
        """Adds parts by kind, or the reason why they can't be read."""
        try:
            self.sections |= read()
        except UNREADABLE as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            self.reasons.append(f"The {names} can't be read: {reason}")

    def as_json(self) -> dict[str, Any]:
        """Returns the report for programs."""
        own = {name: getattr(self, name) for name in ("state", "running", "endpoint", "reasons", "notes")}
        return {**own, "supervisor": self.supervisor, **self.sections}


def switched_off(machine: Machine) -> list[str]:
    """Returns a sentence for each service that somebody has stopped, and each consumer that somebody has paused.

    `up` leaves both as they are.
    """
    stack_report = Report(endpoint=machine.endpoint_url, running=True)
    stack_report.add("functions", lambda: {"functions": list(parts.functions(Emulated(machine)))})
    deployments = read_status(machine).get("deployments", [])
    stopped = [reasons.stopped(each["name"]) for each in deployments if each["desired"] == 0]
    return [*stopped, *reasons.paused(stack_report.sections.get("functions", [])), *stack_report.reasons]


def report(machine: Machine) -> Report:
    """Returns the report of the clone's stack. Raises LocalError when a file of it is damaged."""
    status = read_status(machine)
    supervisor = adopt_recorded(status.get("supervisor"))
    running = client.alive(machine) and supervisor is not None
    stack_report = Report(endpoint=machine.endpoint_url, running=running)
    if not running:
        stack_report.left = len(list(marked(machine)))
        stack_report.reasons += reasons.why_down(machine, status, stack_report.left)
        return stack_report
    stack_report.supervisor = status["supervisor"]
    stack_report.sections = {kind: status.get(kind, []) for kind in ("processes", "deployments", "pods")}
    stack_report.reasons += [*reasons.processes(status), *filter(None, [too_little(machine.root)])]
    if target := saved(machine):
        from cluster.platform import status as of_cluster  # noqa: PLC0415 - most stacks are in no cluster

        try:
            stack_report.sections |= of_cluster(target)
        except LocalError as error:
            stack_report.reasons.append(str(error))
    stack_report.reasons += [
        *reasons.deployments(stack_report.sections["deployments"], status),
        *reasons.objects(status),
        *reasons.endpoint(machine, status),
    ]
    ready = {process["name"] for process in status.get("processes", []) if process["state"] == "ready"}
    if "emulator" in ready:
        stack_report.add("functions, queues and tables", lambda: parts.emulated(machine))
    if "postgres" in ready:
        stack_report.add("databases", lambda: {"databases": parts.databases(machine)})
    stack_report.reasons += [
        *reasons.functions(stack_report.sections.get("functions", [])),
        *reasons.missing(machine, stack_report.sections),
        *reasons.unfinished(machine),
    ]
    stack_report.notes += [*reasons.notes(stack_report.sections), *reasons.debugged(machine)]
    return stack_report
