"""Makes this machine what the program declares, one saved step at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from graphlib import TopologicalSorter

from local.errors import LocalError
from local.provider import Function, Handler, Package
from local.state import Entry, State
from local.steps import Listener, Operation, StepEvent, Target, carry_out, decide, declared, delete
from planning.errors import PlanningError
from planning.ignored import with_ignored
from planning.record import twice
from planning.run import STACK_TYPE, Registered, Registration
from planning.wire import Wire, pinned, plain


class Engine:
    """A `Deployment` that makes things real. It runs one program once; then `finish` deletes what that left out."""

    def __init__(
        self, state: State, packages: Iterable[Package], listener: Listener, *, trusting: bool = False
    ) -> None:
        """Takes `trusting` from a caller who has looked before: whatever the state knows counts as there."""
        self._trusting = trusting
        self._state = state
        self._listener = listener
        self.handlers: dict[str, Handler] = {}
        self._functions: dict[str, Function] = {}
        for package in packages:
            self.handlers |= package.handlers
            self._functions |= package.functions
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self.failures: list[str] = []
        self.running: dict[str, str] = {}
        """The names of the steps under way, by URN."""
        self.stack_outputs: Wire = {}

    # ---- what the program declares

    def register(self, registration: Registration) -> Registered:
        if registration.type == STACK_TYPE:
            return Registered(id="", outputs={})
        with self._lock:
            if registration.urn in self._seen:
                raise LocalError(twice(registration))
            self._seen.add(registration.urn)
            self._adopt_alias(registration)
        if not registration.custom:
            if self._state.get(registration.urn) is None:
                self._state.put(Entry(**declared(registration)))
            return Registered(id="", outputs={})
        try:
            entry = self._bring_about(registration)
        except PlanningError as error:
            with self._lock:
                self.failures.append(f"{registration.type} {registration.name!r}: {error}")
            raise
        return Registered(id=entry.id, outputs=entry.outputs)

    def invoke(self, token: str, args: Wire) -> Wire:
        if token not in self._functions:
            raise LocalError(f"The program calls the function {token}, which the local stack does not know.")
        return self._functions[token](plain(args))

    def outputs(self, urn: str, values: Wire) -> None:
        if urn.split("::")[2] == STACK_TYPE:
            self.stack_outputs = values

    def _bring_about(self, registration: Registration) -> Entry:
        handler = self._handler(registration.type)
        old = self._state.get(registration.urn)
        inputs = registration.inputs if old is None else with_ignored(registration, old.inputs)
        inputs = pinned(inputs)
        values = plain(inputs)
        fingerprint = handler.fingerprint(values)
        target = Target(
            registration=registration,
            handler=handler,
            inputs={**inputs, **fingerprint},
            values={**values, **fingerprint},
            trusted=self._trusting,
        )
        operation, changed = decide(target, old)
        return self._run(registration, operation, partial(carry_out, target, operation, old), changed)

    def _run(
        self,
        resource: Registration | Entry,
        operation: Operation,
        work: Callable[[State], Entry],
        changed: tuple[str, ...] = (),
    ) -> Entry:
        """Does the work of a step and tells the listener how it ended."""
        identity = {"urn": resource.urn, "type": resource.type, "name": resource.name}
        started = time.monotonic()
        error: str | None = None
        self.running[resource.urn] = resource.name
        try:
            return work(self._state)
        except BaseException as raised:
            error = str(raised) or repr(raised)
            raise
        finally:
            del self.running[resource.urn]
            seconds = time.monotonic() - started
            self._listener(StepEvent(**identity, operation=operation, changed=changed, seconds=seconds, error=error))

    def _handler(self, type_: str) -> Handler:
        if type_ not in self.handlers:
            raise LocalError(
                f"the local stack has no provider for the type {type_}. docs/contributing.md shows every place that a "
                "new type takes; or leave the resource out of the stack 'local' by its configuration."
            )
        return self.handlers[type_]

    def _adopt_alias(self, registration: Registration) -> None:
        if self._state.get(registration.urn) is None:
            for alias in registration.aliases:
                if self._state.get(alias) is not None and alias not in self._seen:
                    self._state.rename(alias, registration.urn)
                    return

    # ---- what the program no longer declares

    def finish(self) -> None:
        """Deletes what the program left out, dependents first. It must not be called after a failed program.

        Raises ProviderError when a deletion fails; what was deleted before it stays deleted.
        """
        for entry in dependents_first([e for e in self._state if e.urn not in self._seen]):
            if entry.custom and not entry.retain:
                self._run(entry, "delete", partial(delete, self._handler(entry.type), entry))
            else:
                self._state.remove(entry.urn)


def dependents_first(entries: list[Entry]) -> list[Entry]:
    """Returns the entries in an order in which nothing is deleted before what needs it: dependents and children first.

    A child depends on what its parent depends on, as in the real engine.
    """
    by_urn = {entry.urn: entry for entry in entries}
    needs = {entry.urn: [urn for urn in (*entry.dependencies, entry.parent) if urn in by_urn] for entry in entries}
    return [by_urn[urn] for urn in reversed([*TopologicalSorter(needs).static_order()])]
