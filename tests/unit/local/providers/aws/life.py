"""The life that every resource type has: made, adopted, changed, deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.provider import Properties
from local.providers.aws.client import Aws
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Program


@dataclass(frozen=True, kw_only=True)
class Case:
    """`inputs` makes what the resource needs; `read` sees the property that `change` changes."""

    type: str
    inputs: Callable[[Program, Archive], Properties]
    change: Properties
    read: Callable[[Aws, Properties], Any]
    before: Any
    after: Any
    outputs: frozenset[str]


def live(case: Case, program: Program, archive: Archive, api: Aws) -> None:
    handler = program.handler(case.type)
    inputs = case.inputs(program, archive)

    made = handler.create("thing", inputs)
    outputs = {**inputs, **made.outputs}
    assert made.outputs.keys() >= case.outputs
    assert handler.exists(made.id, outputs)
    assert case.read(api, {**outputs, "id": made.id}) == case.before

    assert handler.create("thing", inputs) == made, "creating again adopts what is there"

    changed = {key: value for key, value in {**inputs, **case.change}.items() if value is not None}
    after = {**changed, **handler.update(made.id, inputs, changed, outputs)}
    assert after.keys() >= case.outputs
    assert case.read(api, {**after, "id": made.id}) == case.after
    assert handler.exists(made.id, after)

    handler.delete(made.id, after)
    assert not handler.exists(made.id, after)
    handler.delete(made.id, after)

    again = handler.create("thing", inputs)
    handler.abandon("thing", inputs)
    assert not handler.exists(again.id, {**inputs, **again.outputs})
    handler.abandon("thing", inputs)
