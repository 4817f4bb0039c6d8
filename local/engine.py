"""Brings this machine to what the program declares, one saved step at a time."""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from local.errors import LocalError, UnknownTypeError
from local.provider import Handler, Package, Updatable
from local.state import Entry, State
from planning.run import STACK_TYPE, Registered, Registration
from planning.wire import Wire, holds_secret, pinned, plain, secret

Operation = Literal["component", "same", "create", "update", "replace", "delete"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happens to a resource. `seconds` is None while it is under way; `error` says how it failed."""

    urn: str
    type: str
    name: str
    parent: str
    operation: Operation
    changed: tuple[str, ...] = ()
    seconds: float | None = None
    error: str | None = None


Listener = Callable[[Step], None]


class Engine:
    """A `Deployment` that makes things real. It runs one program once; then `finish` deletes what that left out."""

    def __init__(self, state: State, packages: Iterable[Package], listener: Listener) -> None:
        self._state = state
        self._listener = listener
        self._handlers: dict[str, Handler] = {}
        self._functions: dict[str, Any] = {}
        for package in packages:
            self._handlers |= package.handlers
            self._functions |= package.functions
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self.failures: list[str] = []
        self.stack_outputs: Wire = {}

    # ---- what the program asks for

    def register(self, registration: Registration) -> Registered:
        if registration.type == STACK_TYPE:
            return Registered(id="", outputs={})
        with self._lock:
            if registration.urn in self._seen:
                raise LocalError(
                    f"The program declares {registration.type} {registration.name!r} twice under one parent. "
                    "Give one of them another name."
                )
            self._seen.add(registration.urn)
            self._adopt_alias(registration)
        if not registration.custom:
            self._keep_component(registration)
            return Registered(id="", outputs={})
        try:
            return self._bring_about(registration)
        except LocalError as error:
            with self._lock:
                self.failures.append(f"{registration.type} {registration.name!r}: {error}")
            raise

    def invoke(self, token: str, args: Wire) -> Wire:
        if token not in self._functions:
            raise UnknownTypeError(f"The program calls the function {token}, which the local stack does not know.")
        result: Wire = self._functions[token](plain(args))
        return result

    def outputs(self, urn: str, values: Wire) -> None:
        if urn.split("::")[2] == STACK_TYPE:
            self.stack_outputs = values

    # ---- one resource

    def _bring_about(self, wanted: Registration) -> Registered:
        handler = self._handler(wanted.type)
        old = self._state.get(wanted.urn)
        inputs = pinned(_with_ignored(wanted, old))
        inputs |= handler.fingerprint(plain(inputs))
        operation, changed = self._compare(handler, old, inputs)
        if operation == "same" and old is not None:
            self._listener(_step(wanted, "same", seconds=0.0))
            if old.dependencies != wanted.dependencies or old.retain != wanted.retain:
                self._state.put(replace(old, dependencies=wanted.dependencies, retain=wanted.retain))
            return Registered(id=old.id, outputs=old.outputs)
        if operation == "replace" and wanted.protect:
            raise LocalError(
                f"It is protected; changing {', '.join(changed)} would replace it. Remove `protect` first."
            )
        step = _step(wanted, operation, changed=changed)
        with _Timed(step, self._listener):
            entry = self._apply(handler, operation, wanted, inputs, old)
        return Registered(id=entry.id, outputs=entry.outputs)

    def _compare(self, handler: Handler, old: Entry | None, inputs: Wire) -> tuple[Operation, tuple[str, ...]]:
        if old is None or old.status == "creating":
            return "create", ()
        if old.status == "deleting":
            return "replace", ()
        if not handler.exists(old.id, plain(old.outputs)):
            return "create", ()
        before, after = plain(old.inputs), plain(inputs)
        changed = tuple(sorted(key for key in {*before, *after} if before.get(key) != after.get(key)))
        if not changed and old.status == "ready":
            return "same", ()
        if not isinstance(handler, Updatable) or handler.replace_on.intersection(changed):
            return "replace", changed
        return "update", changed

    def _apply(
        self, handler: Handler, operation: Operation, wanted: Registration, inputs: Wire, old: Entry | None
    ) -> Entry:
        entry = Entry(
            urn=wanted.urn,
            type=wanted.type,
            name=wanted.name,
            custom=True,
            parent=wanted.parent,
            inputs=inputs,
            dependencies=wanted.dependencies,
            retain=wanted.retain,
        )
        if operation == "update" and old is not None and isinstance(handler, Updatable):
            self._state.put(replace(old, status="updating"))
            outputs = handler.update(old.id, plain(old.inputs), plain(inputs), plain(old.outputs))
            entry = replace(entry, id=old.id, outputs=self._marked(handler, wanted, inputs, outputs))
        else:
            if operation == "replace" and old is not None:
                self._state.put(replace(old, status="deleting"))
                handler.delete(old.id, plain(old.outputs))
            self._state.put(replace(entry, status="creating"))
            made = handler.create(wanted.name, plain(inputs))
            entry = replace(entry, id=made.id, outputs=self._marked(handler, wanted, inputs, made.outputs))
        self._state.put(entry)
        return entry

    def _marked(self, handler: Handler, wanted: Registration, inputs: Wire, outputs: Mapping[str, Any]) -> Wire:
        """Outputs over inputs; what was given as a secret, or is one by nature, keeps the mark."""
        secrets = {key for key, value in inputs.items() if holds_secret(value)}
        secrets |= handler.secret_outputs | set(wanted.secret_outputs)
        merged = {**inputs, **outputs}
        return {key: secret(plain(value)) if key in secrets else value for key, value in merged.items()}

    def _handler(self, type_: str) -> Handler:
        if type_ not in self._handlers:
            raise UnknownTypeError(
                f"the local stack has no provider for the type {type_}. "
                "Teach it one in local/providers, or leave the resource out of the stack 'local' by its configuration."
            )
        return self._handlers[type_]

    def _keep_component(self, component: Registration) -> None:
        self._listener(_step(component, "component", seconds=0.0))
        if self._state.get(component.urn) is None:
            self._state.put(
                Entry(
                    urn=component.urn, type=component.type, name=component.name, custom=False, parent=component.parent
                )
            )

    def _adopt_alias(self, registration: Registration) -> None:
        if self._state.get(registration.urn) is None:
            for alias in registration.aliases:
                if self._state.get(alias) is not None and alias not in self._seen:
                    self._state.rename(alias, registration.urn)
                    return

    # ---- what the program no longer declares

    def finish(self) -> None:
        """Deletes what the program left out, dependents first. Not to be called after a failed program.

        Raises ProviderError when a deletion fails; what was deleted before it stays deleted.
        """
        for entry in dependents_first([e for e in self._state if e.urn not in self._seen]):
            if entry.custom and not entry.retain:
                handler = self._handler(entry.type)
                step = Step(urn=entry.urn, type=entry.type, name=entry.name, parent=entry.parent, operation="delete")
                with _Timed(step, self._listener):
                    self._state.put(replace(entry, status="deleting"))
                    handler.delete(entry.id, plain(entry.outputs))
            self._state.remove(entry.urn)


class _Timed:
    """Tells the listener when a step begins and how it ends."""

    def __init__(self, step: Step, listener: Listener) -> None:
        self._step, self._listener = step, listener

    def __enter__(self) -> None:
        self._started = time.monotonic()
        self._listener(self._step)

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: object) -> None:
        seconds = time.monotonic() - self._started
        self._listener(replace(self._step, seconds=seconds, error=None if error is None else str(error) or repr(error)))


def _step(
    wanted: Registration, operation: Operation, *, changed: tuple[str, ...] = (), seconds: float | None = None
) -> Step:
    return Step(
        urn=wanted.urn,
        type=wanted.type,
        name=wanted.name,
        parent=wanted.parent,
        operation=operation,
        changed=changed,
        seconds=seconds,
    )


def _with_ignored(wanted: Registration, old: Entry | None) -> Wire:
    """The inputs, with the old values at the paths where the program says `ignore_changes`.

    Paths are Pulumi's: `spec.replicas`, `pools[0].count`, `pools[*].count`.
    """
    inputs: Wire = copy.deepcopy(wanted.inputs)
    if old is not None:
        for path in wanted.ignore_changes:
            _restore(inputs, old.inputs, re.findall(r"[^.\[\]]+", path))
    return inputs


def _restore(new: Any, old: Any, path: list[str]) -> None:
    """Puts the old value at `path` into `new`, or takes away what was not there."""
    head, *rest = path
    if isinstance(new, list) and isinstance(old, list):
        indices = range(min(len(new), len(old))) if head == "*" else [int(head)]
        pairs: list[tuple[Any, Any, Any]] = [(new, old, index) for index in indices if index < min(len(new), len(old))]
    elif isinstance(new, dict) and isinstance(old, dict):
        pairs = [(new, old, key) for key in ({*new, *old} if head == "*" else {head})]
    else:
        pairs = []
    for target, source, key in pairs:
        if rest:
            here, there = (s.get(key) if isinstance(s, dict) else s[key] for s in (target, source))
            _restore(here, there, rest)
        elif isinstance(source, dict) and key not in source:
            target.pop(key, None)
        else:
            target[key] = source[key]


def dependents_first(entries: list[Entry]) -> list[Entry]:
    """In an order in which nothing is deleted before what needs it: dependents and children come first.

    A child depends on what its parent depends on, as in the real engine.
    """
    by_urn = {entry.urn: entry for entry in entries}
    ordered: list[Entry] = []
    visited: set[str] = set()

    def visit(entry: Entry) -> None:
        if entry.urn in visited:
            return
        visited.add(entry.urn)
        for needed in (*entry.dependencies, entry.parent):
            if needed in by_urn:
                visit(by_urn[needed])
        ordered.append(entry)

    for entry in entries:
        visit(entry)
    return ordered[::-1]
