"""One AWS resource type as a table: which calls make, read, change and remove it, and what of it a program may use.

Creating adopts what is there under the same name and brings it to the inputs, so that a run that was killed in the
middle is finished by the next one. An input that is not in the table is refused, never dropped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from app.contract.document import read_yaml
from local.errors import ProviderError
from local.machine import ACCOUNT, REGION
from local.provider import Made, Properties, Updatable
from local.providers.aws.client import Aws, MissingError
from local.providers.aws.shapes import parameters

COMMON = frozenset({"name", "namePrefix", "region", "tags"})
"""Inputs that every type takes; changed tags are kept in the state alone."""

Description = Mapping[str, Any]
"""The answer of AWS about a resource: values by API member."""


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Names of API operations."""

    create: str = ""
    read: str = ""
    update: tuple[str, ...] = ()
    delete: str = ""
    """Empty when there is nothing to remove."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A type in types.yaml."""

    recorded: str = ""
    """The reason why the state alone has a type: the emulator would keep it and never use it. Such a type makes no
    calls."""
    service: str = ""
    """botocore's name of the service."""
    calls: Calls = Calls()
    within: str = ""
    """Member of the read call's answer that holds the description; empty when the answer is the description."""
    match: tuple[str, str] = ("", "")
    """The member and the property that tell the resource from the others while it has no id, where `within` is a list.
    """
    inputs: frozenset[str] = frozenset()
    """Inputs that calls take, besides those that are common to all types."""
    only: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """The values that this machine can honour, by input, for inputs that may not have every value."""
    own: frozenset[str] = frozenset()
    """Inputs that the type's own code takes, or that mean nothing on this machine."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Property by API member, where the two differ by more than capitals."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Property by attribute, for the services that keep settings as texts by name."""
    unset: Properties = field(default_factory=dict)
    """The values that AWS has for inputs that the program leaves out: taking an input away goes back to its value."""
    fixed: Properties = field(default_factory=dict)
    """Parameters that are always the same."""
    assigned: Mapping[str, str] = field(default_factory=dict)
    """Member of the create call's answer by property, for what AWS names by itself."""
    outputs: Mapping[str, str]
    """Member of the description by output, or a text with `{...}` around members, properties, `region`, `account` and
    `endpoint`. `id` is one of the outputs."""
    secrets: frozenset[str] = frozenset()
    """Outputs that are always secret."""


@cache
def tables() -> Mapping[str, Table]:
    """Returns the tables of types.yaml by type."""
    sets = ("inputs", "own", "secrets")
    content = read_yaml(Path(__file__).with_name("types.yaml").read_text())
    return {
        type_: Table(
            **{**row, **{key: frozenset(row.get(key, ())) for key in sets}, "calls": Calls(**row.get("calls", {}))}
        )
        for type_, row in content.items()
    }


class Resource(Updatable):
    """The handler of a type. Types that need more than the table override the methods below the first line."""

    def __init__(self, type_: str, aws: Aws) -> None:
        self.aws = aws
        self.table = tables()[type_]
        self.secret_outputs = self.table.secrets  # type: ignore[misc]
        self._kind = type_.rpartition(":")[2]

    def create(self, name: str, inputs: Properties) -> Made:
        self.check(name, inputs)
        view = self.view(inputs, name)
        if (existing := self.find(view)) is None:
            self.make(view)
        else:
            view |= self.derive(view, existing)
            self.change(view)
        outputs = self._settled(name, view)
        return Made(id=outputs.pop("id"), outputs=outputs)

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        self.check(id_, new)
        kept = {key: outputs[key] for key in ("name", *self.table.outputs) if key in outputs}
        view = self.view({**kept, **new, "id": id_})
        self.change(view)
        return {key: value for key, value in self._settled(id_, view).items() if key != "id"}

    def delete(self, id_: str, outputs: Properties) -> None:
        try:
            self.remove(self.view({**outputs, "id": id_}))
        except MissingError:
            return

    def abandon(self, name: str, inputs: Properties) -> None:
        view = self.view(inputs, name)
        if (existing := self.find(view)) is not None:
            outputs = {**inputs, **self.derive(view, existing)}
            self.delete(outputs.pop("id"), outputs)

    def exists(self, id_: str, outputs: Properties) -> bool:
        view = self.view({**outputs, "id": id_})
        existing = self.find(view)
        return existing is not None and self.derive(view, existing)["id"] == id_

    # ---- what a type may do in its own way

    def check(self, name: str, inputs: Properties) -> None:
        """Raises ProviderError for an input that this machine can't honour."""
        known = COMMON | self.table.inputs | self.table.own
        if unknown := sorted(key for key, value in inputs.items() if value and key not in known):
            raise ProviderError(f"{self.label(name)}: the local stack can't honour {', '.join(unknown)}.")
        for key, allowed in self.table.only.items():
            if inputs.get(key) not in allowed:
                text_ = " or ".join(map(str, allowed))
                raise ProviderError(
                    f"{self.label(name)}: {key} must be {text_} on this machine, not {inputs.get(key)}."
                )
        if inputs.get("region", REGION) != REGION:
            raise ProviderError(f"{self.label(name)}: the local stack has the region {REGION} only.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        """Returns all that calls take their parameters from. `name` is given when the resource is being created."""
        view = {**self.table.unset, **properties, **self.table.fixed}
        if name is not None:
            view.setdefault("name", f"{properties.get('namePrefix', '')}{name}")
        return view

    def find(self, view: Properties) -> Description | None:
        """Returns AWS's description, or None when the resource is not there."""
        table = self.table
        try:
            answer = self.call(table.calls.read, view)
        except MissingError:
            return None
        description = answer[table.within] if table.within else answer
        if not isinstance(description, list):
            return dict(description)
        member, name = (table.outputs["id"], "id") if "id" in view and "{" not in table.outputs["id"] else table.match
        return next((each for each in description if each.get(member) == view[name]), None)

    def make(self, view: Properties) -> None:
        """Makes it from `view`, and adds to `view` what AWS named by itself."""
        answer = self.call(self.table.calls.create, view)
        described = answer.get(self.table.within, answer)
        view |= {property_: described[member] for property_, member in self.table.assigned.items()}

    def change(self, view: Properties) -> None:
        """Brings what is there to `view`."""
        for operation in self.table.calls.update:
            self.call(operation, view)

    def settle(self, view: Properties) -> None:
        """Sets what neither the create call nor the update calls set."""

    def remove(self, view: Properties) -> None:
        """Removes it. Raises MissingError when it is gone."""
        if self.table.calls.delete:
            self.call(self.table.calls.delete, view)

    # ---- for their use

    def call(self, operation: str, view: Properties) -> dict[str, Any]:
        """Calls an operation with the parameters that it takes from `view`."""
        try:
            values = parameters(self.aws.shape(self.table.service, operation), view, self.table.names)
            return self.aws.call(self.table.service, operation, values)
        except ProviderError as error:
            raise type(error)(f"{self.label(view.get('name') or view.get('id'))}: {error}") from error

    def attributes(self, view: Properties) -> dict[str, str]:
        """Returns the settings that the service keeps as texts by name."""
        return {name: text(view.get(key, "")) for name, key in self.table.attributes.items()}

    def label(self, name: object) -> str:
        """Returns how messages call the resource."""
        return f"aws {self._kind} {name!r}"

    def derive(self, view: Properties, existing: Description) -> Properties:
        """Returns the outputs, with the id among them."""
        machine = {"region": REGION, "account": ACCOUNT, "endpoint": self.aws.machine.endpoint_url}
        values = {**view, **existing, **machine}
        outputs: Properties = {}
        for output, source in self.table.outputs.items():
            value = source.format_map(values) if "{" in source else values.get(source)
            if value is not None:
                outputs[output] = value.isoformat() if isinstance(value, dt.datetime) else value
        return outputs

    def _settled(self, name: str, view: Properties) -> Properties:
        """Settles what was made or changed, and returns its outputs."""
        self.settle(view)
        existing = self.find(view)
        if existing is None:
            raise ProviderError(f"{self.label(name)}: the emulator has lost it right after it was made.")
        tags = {"tagsAll": view["tags"]} if "tags" in view else {}
        return {**tags, **self.derive(view, existing)}


class RecordedResource(Resource):
    """A type that the state alone has: its table names no calls. Its inputs are checked like those of others."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return {"id": view.get("name"), **view}

    def find(self, view: Properties) -> Description | None:
        return {}


def text(value: Any) -> str:
    """Returns a value as services take it that keep settings as texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value) if isinstance(value, float) else value)
