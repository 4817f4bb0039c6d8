"""The changes that `up` would make, found without making any: the program runs against the saved state alone."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from rich.console import Console

from cluster.target import saved
from local.engine import dependents_first
from local.errors import LocalError
from local.machine import Machine
from local.provider import Handler, Package, Updatable
from local.providers import aws, values
from local.setup import choose_ports, open_machine
from local.state import Entry, State
from local.steps import Operation, StepEvent, is_replaced
from local.up import STACK
from planning.ignored import with_ignored
from planning.plan import OTHER_SHAPES
from planning.run import STACK_TYPE, Registered, Registration, run_program
from planning.wire import Wire, holds_unknown, pinned, plain
from telemetry.platform import this_machine

SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
_MOVING = re.compile(r"version|digest|sha|qualified|modified|size", re.IGNORECASE)
"""Outputs that become others with an update. The others, such as names and ARNs, stay."""


@dataclass(kw_only=True)
class Preview:
    """A `Deployment` that makes nothing. It takes resources for there that the state has."""

    handlers: dict[str, Handler]
    entries: dict[str, Entry]
    """The entries of the state, by URN."""
    functions: dict[str, Any] = field(default_factory=dict)
    events: list[StepEvent] = field(default_factory=list)
    """The steps that `up` would do."""
    _seen: set[str] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @classmethod
    def of(cls, packages: Iterable[Package], entries: Iterable[Entry]) -> Preview:
        """Returns a preview with the packages of a platform, from the entries of the state."""
        preview = cls(handlers={}, entries={entry.urn: entry for entry in entries})
        for package in packages:
            preview.handlers |= package.handlers
            preview.functions |= package.functions
        return preview

    def register(self, registration: Registration) -> Registered:
        """Notes what would become of a resource, and answers with what is known of it."""
        if registration.type == STACK_TYPE or not registration.custom:
            with self._lock:
                self._seen.add(registration.urn)
            return Registered(id="", outputs={})
        with self._lock:
            old = self._entry(registration)
        handler = self.handlers.get(registration.type)
        if handler is None:
            raise LocalError(f"{registration.name}: the local stack has no provider for the type {registration.type}.")
        inputs = pinned(registration.inputs if old is None else with_ignored(registration, old.inputs))
        operation, changed = _operation(handler, old, inputs)
        with self._lock:
            self.events.append(_event(registration, operation, changed))
        if old is None or operation in ("create", "replace"):
            other = OTHER_SHAPES.get(registration.type, ())
            return Registered(id="", outputs={k: v for k, v in registration.inputs.items() if k not in other})
        kept = old.outputs if operation == "same" else {k: v for k, v in old.outputs.items() if not _MOVING.search(k)}
        return Registered(id=old.id, outputs={**kept, **(inputs if operation == "update" else {})})

    def invoke(self, token: str, args: Wire) -> Wire:
        """Answers a provider's function, which looks at nothing but this machine."""
        if token not in self.functions:
            raise LocalError(f"The program calls the function {token}, which the local stack does not know.")
        answer: Wire = self.functions[token](plain(args))
        return answer

    def outputs(self, urn: str, values: Wire) -> None:
        """Needs no outputs."""

    def finish(self) -> None:
        """Notes what the program no longer declares."""
        leftovers = [entry for urn, entry in self.entries.items() if urn not in self._seen]
        self.events += [_event(e, "delete", ()) for e in dependents_first(leftovers) if e.custom and not e.retain]

    def _entry(self, registration: Registration) -> Entry | None:
        """Returns the entry of a resource, which may have had another URN before."""
        for urn in (registration.urn, *registration.aliases):
            if urn in self.entries and urn not in self._seen:
                self._seen |= {urn, registration.urn}
                return self.entries[urn]
        self._seen.add(registration.urn)
        return None


def _operation(handler: Handler, old: Entry | None, inputs: Wire) -> tuple[Operation, tuple[str, ...]]:
    """Returns what would become of a resource, and the inputs that differ. One that isn't known yet counts as such."""
    if old is None or old.status == "creating":
        return "create", ()
    unknown = {key for key, value in inputs.items() if holds_unknown(value)}
    known = {key: value for key, value in inputs.items() if key not in unknown}
    values_ = plain(known)
    after = {**values_, **({} if unknown else handler.fingerprint(values_))}
    before = plain(old.inputs)
    changed = unknown | {key for key in {*before, *after} - unknown if before.get(key) != after.get(key)}
    if old.status == "deleting":
        return "replace", ()
    if not changed and old.status == "ready":
        return "same", ()
    in_place = isinstance(handler, Updatable) and not is_replaced(old, after, tuple(changed - unknown))
    return ("update" if in_place else "replace"), tuple(sorted(changed))


def _event(resource: Registration | Entry, operation: Operation, changed: tuple[str, ...]) -> StepEvent:
    return StepEvent(urn=resource.urn, type=resource.type, name=resource.name, operation=operation, changed=changed)


def changes(machine: Machine) -> Iterator[StepEvent]:
    """Yields the steps that change something, those of the program first. Raises LocalError."""
    if saved(machine):
        raise LocalError("DRY_RUN=1 looks at this machine, and the stack is in a cluster. See `make plan STACK=local`.")
    platform = this_machine(machine)
    packages = [aws.package(machine), values.package(machine), *platform.packages()]
    preview = Preview.of(packages, State(machine.state_file) if machine.state_file.exists() else ())
    try:
        run_program(machine.root, STACK, preview, preview=True, config=platform.config())
    except pulumi.RunError as error:
        raise LocalError(str(error)) from error
    preview.finish()
    yield from (event for event in preview.events if event.operation != "same")


def show(root: Path, console: Console, *, as_json: bool) -> None:
    """Prints the steps that `up` would do. Raises LocalError."""
    file = root / ".local" / "ports.json"
    machine = open_machine(root, create=False) if file.exists() else _not_made(root)
    events = list(changes(machine))
    if as_json:
        rows = [{key: getattr(each, key) for key in ("operation", "type", "name", "changed")} for each in events]
        sys.stdout.write(json.dumps({"changes": rows}, indent=1) + "\n")
        return
    for each in events:
        console.print(_line(each), highlight=False, markup=False, soft_wrap=True)
    counted = Counter(each.operation for each in events)
    summary = ", ".join(f"{number} to {operation}" for operation, number in counted.items())
    console.print(f"{summary}. `make up` does it." if summary else "Nothing would change.", highlight=False)


def _line(event: StepEvent) -> str:
    """Returns a text such as `~ update aws:lambda/alias:Alias orders-live [functionVersion]`."""
    changed = f" [{', '.join(event.changed)}]" if event.changed else ""
    return f"{SIGNS[event.operation]} {event.operation} {event.type} {event.name}{changed}"


def _not_made(root: Path) -> Machine:
    """Returns the machine of a clone without a stack, with ports that are forgotten again."""
    return Machine(root=root, home=root / ".local", ports=choose_ports(None))
