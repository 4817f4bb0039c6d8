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
    """The beginning or the end of a step, for whoever shows it."""

    urn: str
    type: str
    name: str
    operation: Operation
    changed: tuple[str, ...] = ()
    """Inputs that differ."""
    seconds: float | None = None
    """How long it took; None while it is under way."""
    error: str | None = None
    """How it failed."""


Listener = Callable[[StepEvent], None]


def event_of(resource: Registration | Entry, operation: Operation, **more: Any) -> StepEvent:
    """Returns the event of a step on a resource; `more` are other fields of the event."""
    shared = {key: getattr(resource, key) for key in ("urn", "type", "name")}
    return StepEvent(operation=operation, **shared, **more)


def declared(registration: Registration) -> dict[str, Any]:
    """Returns the fields that an entry of the state takes from the program as they are."""
    keys = ("urn", "type", "name", "custom", "parent", "dependencies", "retain")
    return {key: getattr(registration, key) for key in keys}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the program declares, unwrapped once, with the handler of its type."""

    registration: Registration
    handler: Handler
    inputs: Wire
    """With secret marks and digests of files, as the state keeps them."""
    values: Properties
    """The same without marks, as handlers take them."""

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
    """What happens to one resource."""

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


def create(target: Target) -> Step:
    """Returns the step of a resource that is new, has vanished, or was being created when a run was killed."""

    def apply(state: State) -> Entry:
        entry = target.entry()
        state.put(replace(entry, status="creating"))
        made = target.handler.create(entry.name, target.values)
        entry = replace(entry, id=made.id, outputs=target.marked(made.outputs))
        state.put(entry)
        return entry

    return Step(operation="create", apply=apply)


def update(target: Target, handler: Updatable, old: Entry, changed: tuple[str, ...]) -> Step:
    """Returns the step of a resource that changes in place."""

    def apply(state: State) -> Entry:
        state.put(replace(old, status="updating"))
        outputs = handler.update(old.id, old.input_values, target.values, old.output_values)
        entry = replace(target.entry(), id=old.id, outputs=target.marked(outputs))
        state.put(entry)
        return entry

    return Step(operation="update", changed=changed, apply=apply)


def replacement(target: Target, old: Entry, changed: tuple[str, ...] = ()) -> Step:
    """Returns the step of a resource that is deleted and created anew."""

    def apply(state: State) -> Entry:
        _delete(target.handler, old, state)
        return create(target).apply(state)

    return Step(operation="replace", changed=changed, apply=apply)


def delete(handler: Handler, old: Entry) -> Step:
    """Returns the step of a resource that the program no longer declares."""

    def apply(state: State) -> Entry:
        _delete(handler, old, state)
        state.remove(old.urn)
        return old

    return Step(operation="delete", apply=apply)


def _delete(handler: Handler, old: Entry, state: State) -> None:
    """Deletes the resource and leaves its entry."""
    state.put(replace(old, status="deleting"))
    handler.delete(old.id, old.output_values)


def decide(target: Target, old: Entry | None) -> Step:
    """Returns the step that brings the resource from its entry to what is declared.

    Raises LocalError when it would replace a protected resource.
    """
    if old is None or old.status == "creating":
        return create(target)
    if old.status == "deleting":
        return replacement(target, old)
    if not target.handler.exists(old.id, old.output_values):
        return create(target)
    before, after = old.input_values, target.values
    changed = tuple(sorted(key for key in {*before, *after} if before.get(key) != after.get(key)))
    if not changed and old.status == "ready":
        return same(target, old)
    handler = target.handler
    if isinstance(handler, Updatable) and not _replaced(old, after, changed):
        return update(target, handler, old, changed)
    if target.registration.protect:
        raise LocalError(f"It is protected; changing {', '.join(changed)} would replace it. Remove `protect` first.")
    return replacement(target, old, changed)


def _replaced(old: Entry, after: Properties, changed: tuple[str, ...]) -> bool:
    """Returns whether a changed property is one of those that replace the resource."""
    pairs = ({key: side[key] for key in changed if key in side} for side in (old.input_values, after))
    return any(replaces(old.type, path) for path in (*changed, *differences(*pairs)))
