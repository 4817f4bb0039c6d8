"""One AWS resource type as a table: which calls make, read, change and remove it, and what of it a program may read.

Creating adopts what is there under the same name and brings it to the inputs; a resource `exists` when the emulator has
it and describes it as declared, so that an emulator which came back with an older state is repaired by the next `up`.
An input that no call takes is refused, never dropped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.machine import REGION
from local.provider import Made, Properties, Updatable
from local.providers.aws.client import Aws, MissingError
from local.providers.aws.shapes import agrees, members, parameters


class Resource(Updatable):
    service: ClassVar[str]
    create_call: ClassVar[str]
    read_call: ClassVar[str]
    update_calls: ClassVar[tuple[str, ...]] = ()
    delete_call: ClassVar[str]
    within: ClassVar[str] = ""
    """Member of the read call's answer that holds the description; empty when the answer is the description."""
    names: ClassVar[Mapping[str, str]] = {}
    """Property by API member, where the two differ by more than capitals."""
    unset: ClassVar[Properties] = {}
    """What AWS has for an input that the program leaves out: taking an input away goes back to it."""
    unsupported: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the calls take and this machine can't honour."""
    ignored: ClassVar[frozenset[str]] = frozenset()
    """Inputs that mean nothing on this machine."""
    translated: ClassVar[frozenset[str]] = frozenset()
    """Inputs that no call takes as they are: `view` makes other parameters of them."""
    absent: ClassVar[Mapping[str, Any]] = {}
    """What it means when the description lacks a member that AWS tells only when it is set."""
    outputs: ClassVar[Mapping[str, str]]
    """Member of the description by property; `id` is one of them, unless `derive` makes it."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, name: str, inputs: Properties) -> Made:
        self.check(name, inputs)
        view = self.view(inputs, name)
        if (found := self.find(view)) is None:
            self.make(view)
        else:
            view |= self.derive(view, found)
            self.change(view)
        derived = self._derived(name, view)
        return Made(id=derived.pop("id"), outputs=derived)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        self.check(id_, new)
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        changeable = {key for call in self.update_calls for key in members(self._shape(call), self.names)}
        free = {*changeable, "tags", *_lower(self.ignored | self.translated)}
        if fixed := {key for key in changed if key.lower() not in free}:
            raise ProviderError(f"{self._label(id_)}: {', '.join(sorted(fixed))} can't change on this machine.")
        kept = {key: outputs[key] for key in ("name", *self.outputs) if key in outputs}
        view = self.view({**kept, **new, "id": id_})
        self.change(view)
        derived = self._derived(id_, view)
        del derived["id"]
        return derived

    def delete(self, id_: str, outputs: Properties) -> None:
        try:
            self.remove(self.view({**outputs, "id": id_}))
        except MissingError:
            return

    def exists(self, id_: str, outputs: Properties) -> bool:
        view = self.view({**outputs, "id": id_})
        found = self.find(view)
        return found is not None and self.derive(view, found)["id"] == id_ and self.as_declared(view, found)

    # ---- what a type may do in its own way

    def check(self, name: str, inputs: Properties) -> None:
        """Raises ProviderError for an input that this machine can't honour."""
        calls = (self.create_call, *self.update_calls)
        known = {key for call in calls for key in members(self._shape(call), self.names)} - _lower(self.unsupported)
        known |= {"name", "nameprefix", "region", "tags"} | _lower(self.ignored | self.translated)
        if unknown := [key for key, value in inputs.items() if value and key.lower() not in known]:
            raise ProviderError(f"{self._label(name)}: the local stack can't honour {', '.join(sorted(unknown))}.")
        if inputs.get("region", REGION) != REGION:
            raise ProviderError(f"{self._label(name)}: the local stack has the region {REGION} only.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        """All that calls take their parameters from. `name` is given when the resource is being created."""
        view = {**self.unset, **properties}
        if name is not None:
            view.setdefault("name", f"{properties.get('namePrefix', '')}{name}")
        return view

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        """AWS's description, or None when it is not there."""
        try:
            answer = self.call(self.read_call, view)
        except MissingError:
            return None
        found: Mapping[str, Any] = answer[self.within] if self.within else answer
        return found

    def make(self, view: Properties) -> None:
        """Makes it from `view`, and may add to it what `derive` needs; so may `change`."""
        self.call(self.create_call, view)

    def change(self, view: Properties) -> None:
        """Brings what is there to `view`."""
        for call in self.update_calls:
            self.call(call, view)

    def remove(self, view: Properties) -> None:
        self.call(self.delete_call, view)

    def derive(self, view: Properties, found: Mapping[str, Any]) -> Properties:
        """The outputs, with the id among them."""
        told = {key: found[member] for key, member in self.outputs.items() if member in found}
        return {key: value.isoformat() if isinstance(value, dt.datetime) else value for key, value in told.items()}

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        described = {**self.absent, **found}
        return all(agrees(shape, wanted, described) for shape, wanted in self._wanted(view))

    # ---- for their use

    def call(self, operation: str, view: Properties) -> dict[str, Any]:
        try:
            wanted = parameters(self._shape(operation), view, self.names)
            return self.aws.call(self.service, operation, wanted)
        except ProviderError as error:
            raise type(error)(f"{self._label(view.get('name') or view.get('id'))}: {error}") from error

    def _derived(self, name: str, view: Properties) -> Properties:
        found = self.find(view)
        if found is None:
            raise ProviderError(f"{self._label(name)}: the emulator has lost it right after it was made.")
        tags = {"tagsAll": view["tags"]} if "tags" in view else {}
        return {**tags, **self.derive(view, found)}

    def _wanted(self, view: Properties) -> Iterator[tuple[Any, dict[str, Any]]]:
        for call in (self.create_call, *self.update_calls):
            shape = self._shape(call)
            wanted = parameters(shape, view, self.names)
            yield shape, {member: value for member, value in wanted.items() if member.lower() != "tags"}

    def _shape(self, operation: str) -> Any:
        return self.aws.shape(self.service, operation)

    def _label(self, name: object) -> str:
        return f"aws {type(self).__name__} {name!r}"


def _lower(names: frozenset[str]) -> set[str]:
    return {name.lower() for name in names}
