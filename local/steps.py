"""The steps of the engine: what happens to one resource, decided once, and able to apply itself.

Each step saves the state around its effect, so that a run that was killed at any point is finished by the next one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from local.errors import LocalError
from local.provider import Handler, Properties, Updatable
from local.state import Entry, State
from planning.changes import differences
from planning.replacements import replaces
from planning.run import Registration
from planning.wire import Wire, holds_secret, plain, secret

Operation = Literal["component", "same", "create", "update", "replace", "delete"]


@dataclass(frozen=True, kw_only=True)
class StepEvent:
    """The beginning or the end of a step, for whoever shows it."""

    urn: str
    type: str
    name: str
    parent: str
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
    shared = {key: getattr(resource, key) for key in ("urn", "type", "name", "parent")}
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


class Step(ABC):
    """What happens to one resource."""

    operation: ClassVar[Operation]
    changed: tuple[str, ...] = ()
    """Inputs that differ."""

    @abstractmethod
    def apply(self, state: State) -> Entry:
        """Brings it about, saves the state around it, and returns the resource's entry."""


@dataclass(frozen=True, kw_only=True)
class Same(Step):
    """The resource is as declared; its dependencies and options may differ."""

    operation = "same"
    target: Target
    old: Entry

    def apply(self, state: State) -> Entry:
        entry = replace(self.old, **declared(self.target.registration))
        if entry != self.old:
            state.put(entry)
        return entry


@dataclass(frozen=True, kw_only=True)
class Create(Step):
    """The resource is new, has vanished, or was being created when a run was killed."""

    operation = "create"
    target: Target

    def apply(self, state: State) -> Entry:
        entry = self.target.entry()
        state.put(replace(entry, status="creating"))
        made = self.target.handler.create(entry.name, self.target.values)
        entry = replace(entry, id=made.id, outputs=self.target.marked(made.outputs))
        state.put(entry)
        return entry


@dataclass(frozen=True, kw_only=True)
class Update(Step):
    """The resource changes in place."""

    operation = "update"
    target: Target
    handler: Updatable
    old: Entry
    changed: tuple[str, ...]

    def apply(self, state: State) -> Entry:
        old = self.old
        state.put(replace(old, status="updating"))
        outputs = self.handler.update(old.id, old.input_values, self.target.values, old.output_values)
        entry = replace(self.target.entry(), id=old.id, outputs=self.target.marked(outputs))
        state.put(entry)
        return entry


@dataclass(frozen=True, kw_only=True)
class Replace(Step):
    """The resource is deleted and created anew."""

    operation = "replace"
    target: Target
    old: Entry
    changed: tuple[str, ...]

    def apply(self, state: State) -> Entry:
        Delete(handler=self.target.handler, old=self.old).delete(state)
        return Create(target=self.target).apply(state)


@dataclass(frozen=True, kw_only=True)
class Delete(Step):
    """The program no longer declares the resource."""

    operation = "delete"
    handler: Handler
    old: Entry

    def apply(self, state: State) -> Entry:
        self.delete(state)
        state.remove(self.old.urn)
        return self.old

    def delete(self, state: State) -> None:
        """Deletes the resource and leaves its entry."""
        state.put(replace(self.old, status="deleting"))
        self.handler.delete(self.old.id, self.old.output_values)


def decide(target: Target, old: Entry | None) -> Step:
    """Returns the step that brings the resource from its entry to what is declared.

    Raises LocalError when it would replace a protected resource.
    """
    if old is None or old.status == "creating":
        return Create(target=target)
    if old.status == "deleting":
        return Replace(target=target, old=old, changed=())
    if not target.handler.exists(old.id, old.output_values):
        return Create(target=target)
    before, after = old.input_values, target.values
    changed = tuple(sorted(key for key in {*before, *after} if before.get(key) != after.get(key)))
    if not changed and old.status == "ready":
        return Same(target=target, old=old)
    handler = target.handler
    if isinstance(handler, Updatable) and not _replaced(handler, old, after, changed):
        return Update(target=target, handler=handler, old=old, changed=changed)
    if target.registration.protect:
        raise LocalError(f"It is protected; changing {', '.join(changed)} would replace it. Remove `protect` first.")
    return Replace(target=target, old=old, changed=changed)


def _replaced(handler: Updatable, old: Entry, after: Properties, changed: tuple[str, ...]) -> bool:
    """Returns whether a changed property is one of those that replace the resource."""
    pairs = ({key: side[key] for key in changed if key in side} for side in (old.input_values, after))
    return any(replaces(old.type, path, handler.also_replaces) for path in (*changed, *differences(*pairs)))
