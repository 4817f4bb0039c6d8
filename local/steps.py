"""The steps of the engine: what happens to one resource, decided once, with what applies it.

Each step saves the state around its effect, so that a run that was killed at any point is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from local.errors import LocalError
from local.provider import Handler, Properties, Updatable
from local.state import Entry, State
from planning.changes import differences
from planning.replacements import replaces
from planning.run import Registration
from planning.wire import Wire, holds_secret, plain, secret

Operation = Literal["same", "create", "update", "replace", "delete"]


@dataclass(frozen=True, kw_only=True)
class StepEvent:
    """The end of a step, as listeners get it."""

    urn: str
    type: str
    name: str
    operation: Operation
    changed: tuple[str, ...] = ()
    """Inputs that differ."""
    seconds: float = 0.0
    """The time that it took."""
    error: str | None = None
    """The error with which it failed."""


Listener = Callable[[StepEvent], None]


def declared(registration: Registration) -> dict[str, Any]:
    """Returns the fields that an entry of the state takes from the program as they are."""
    keys = ("urn", "type", "name", "custom", "parent", "dependencies", "retain")
    return {key: getattr(registration, key) for key in keys}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A resource that the program declares, unwrapped once, with the handler of its type."""

    registration: Registration
    handler: Handler
    inputs: Wire
    """The inputs, with secret marks and digests of files, as the state keeps them."""
    values: Properties
    """The same without marks, as handlers take them."""
    trusted: bool = False
    """True if what the state knows counts as there."""

    def entry(self) -> Entry:
        """Returns the entry of the state before there are an id and outputs."""
        return Entry(**declared(self.registration), inputs=self.inputs)

    def marked(self, outputs: Mapping[str, Any]) -> Wire:
        """Returns outputs over inputs; what was given as a secret, or is one by nature, keeps the mark."""
        secrets = {key for key, value in self.inputs.items() if holds_secret(value)}
        secrets |= self.handler.secret_outputs | set(self.registration.secret_outputs)
        merged = {**self.inputs, **outputs}
        return {key: secret(plain(value)) if key in secrets else value for key, value in merged.items()}


@dataclass(frozen=True, kw_only=True)
class Step:
    """The operation on one resource, with the function that carries it out."""

    operation: Operation
    changed: tuple[str, ...] = ()
    """Inputs that differ."""
    apply: Callable[[State], Entry]
    """Brings it about, saves the state around it, and returns the resource's entry."""


def same(target: Target, old: Entry) -> Step:
    """Returns the step of a resource that is as declared; its dependencies and options may differ."""

    def apply(state: State) -> Entry:
        entry = replace(old, **declared(target.registration))
        if entry != old:
            state.put(entry)
        return entry

    return Step(operation="same", apply=apply)


def bring_about(target: Target, operation: Operation, old: Entry | None = None, changed: tuple[str, ...] = ()) -> Step:
    """Returns the step of a resource that is created, changes in place, or is deleted and created anew.

    One that is created is new, has vanished, or was being created when a run was killed.
    """
    handler = target.handler

    def apply(state: State) -> Entry:
        entry = target.entry()
        if old and operation == "update" and isinstance(handler, Updatable):
            state.put(replace(old, status="updating"))
            id_, outputs = old.id, handler.update(old.id, old.input_values, target.values, old.output_values)
        else:
            if old:
                _delete(handler, old, state)
            state.put(replace(entry, status="creating"))
            made = handler.create(entry.name, target.values)
            id_, outputs = made.id, made.outputs
        entry = replace(entry, id=id_, outputs=target.marked(outputs))
        state.put(entry)
        return entry

    return Step(operation=operation, changed=changed, apply=apply)


def delete(handler: Handler, old: Entry) -> Step:
    """Returns the step of a resource that the program no longer declares."""

    def apply(state: State) -> Entry:
        _delete(handler, old, state)
        state.remove(old.urn)
        return old

    return Step(operation="delete", apply=apply)


def _delete(handler: Handler, old: Entry, state: State) -> None:
    """Deletes the resource and leaves its entry. One whose creation failed or was cut off has no id there."""
    state.put(replace(old, status="deleting"))
    if old.id:
        handler.delete(old.id, old.output_values)
    else:
        handler.abandon(old.name, old.input_values)


def decide(target: Target, old: Entry | None) -> Step:
    """Returns the step that brings the resource from its entry to what is declared.

    Raises LocalError when it would replace a protected resource.
    """
    if old is None or old.status == "creating":
        return bring_about(target, "create")
    if old.status == "deleting":
        return bring_about(target, "replace", old)
    if not (target.trusted or target.handler.exists(old.id, old.output_values)):
        return bring_about(target, "create")
    before, after = old.input_values, target.values
    changed = tuple(sorted(key for key in {*before, *after} if before.get(key) != after.get(key)))
    if not changed and old.status == "ready":
        return same(target, old)
    if isinstance(target.handler, Updatable) and not is_replaced(old, after, changed):
        return bring_about(target, "update", old, changed)
    if target.registration.protect:
        raise LocalError(f"It is protected; changing {', '.join(changed)} would replace it. Remove `protect` first.")
    return bring_about(target, "replace", old, changed)


def is_replaced(old: Entry, after: Properties, changed: tuple[str, ...]) -> bool:
    """Returns whether a changed property is one of those that replace the resource."""
    pairs = ({key: side[key] for key in changed if key in side} for side in (old.input_values, after))
    return any(replaces(old.type, path) for path in (*changed, *differences(*pairs)))
