"""The steps of the engine: what happens to one resource, decided once and carried out.

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


def carry_out(target: Target, operation: Operation, old: Entry | None, state: State) -> Entry:
    """Does what `decide` says, saves the state around it, and returns the resource's entry.

    A resource that is created is new, has vanished, or was being created when a run was killed.
    """
    entry, handler = target.entry(), target.handler
    if old and operation == "same":  # its dependencies and options may differ
        entry = replace(old, **declared(target.registration))
        if entry != old:
            state.put(entry)
        return entry
    if old and operation == "update" and isinstance(handler, Updatable):
        state.put(replace(old, status="updating"))
        id_, outputs = old.id, handler.update(old.id, plain(old.inputs), target.values, plain(old.outputs))
    else:
        if old and operation == "replace":
            _delete(handler, old, state)
        state.put(replace(entry, status="creating"))
        made = handler.create(entry.name, target.values)
        id_, outputs = made.id, made.outputs
    entry = replace(entry, id=id_, outputs=target.marked(outputs))
    state.put(entry)
    return entry


def delete(handler: Handler, old: Entry, state: State) -> Entry:
    """Deletes a resource that the program no longer declares, and returns its last entry."""
    _delete(handler, old, state)
    state.remove(old.urn)
    return old


def _delete(handler: Handler, old: Entry, state: State) -> None:
    """Deletes the resource and leaves its entry. One whose creation failed or was cut off has no id there."""
    state.put(replace(old, status="deleting"))
    if old.id:
        handler.delete(old.id, plain(old.outputs))
    else:
        handler.abandon(old.name, plain(old.inputs))


def decide(target: Target, old: Entry | None) -> tuple[Operation, tuple[str, ...]]:
    """Returns what brings the resource from its entry to what is declared, and the inputs that differ.

    Raises LocalError when it would replace a protected resource.
    """
    if old is None or old.status == "creating":
        return "create", ()
    if old.status == "deleting":
        return "replace", ()
    if not (target.trusted or target.handler.exists(old.id, plain(old.outputs))):
        return "create", ()
    before, after = plain(old.inputs), target.values
    changed = tuple(sorted(key for key in {*before, *after} if before.get(key) != after.get(key)))
    if not changed and old.status == "ready":
        return "same", ()
    if isinstance(target.handler, Updatable) and not is_replaced(old, after, changed):
        return "update", changed
    if target.registration.protect:
        raise LocalError(f"It is protected; changing {', '.join(changed)} would replace it. Remove `protect` first.")
    return "replace", changed


def is_replaced(old: Entry, after: Properties, changed: tuple[str, ...]) -> bool:
    """Returns whether a changed property is one of those that replace the resource."""
    pairs = ({key: side[key] for key in changed if key in side} for side in (plain(old.inputs), after))
    return any(replaces(old.type, path) for path in (*changed, *differences(*pairs)))
