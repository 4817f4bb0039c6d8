"""A new version is registered, its followers after it, and the rest is left to the program."""

from __future__ import annotations

from typing import Any

import pytest

from local.engine import Engine
from local.errors import ProviderError
from local.provider import Made as Created
from local.provider import Package, Properties, Updatable
from local.state import State
from planning.run import Registration
from planning.wire import plain
from watching.packed import FUNCTION
from watching.record import Record
from watching.renewal import Renewal, renew

ALIAS, NOTE = "aws:lambda/alias:Alias", "test:index:Note"


class Versioned(Updatable):
    """A function whose version grows with each update."""

    version = 3

    def create(self, name: str, inputs: Properties) -> Created:
        return Created(id=name, outputs={"name": name, "version": str(self.version)})

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        self.version += 1
        return {"name": id_, "version": str(self.version)}

    def fingerprint(self, inputs: Properties) -> Properties:
        return {"code": Versioned.code}

    code = "one"

    def delete(self, id_: str, outputs: Properties) -> None:
        raise AssertionError


class Follower(Updatable):
    """An alias, which refuses the versions in `refused`."""

    refused: frozenset[str] = frozenset()

    def create(self, name: str, inputs: Properties) -> Created:
        return Created(id=name, outputs={})

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        if new["functionVersion"] in self.refused:
            raise ProviderError(f"version {new['functionVersion']} fails before it is called")
        return {}

    def delete(self, id_: str, outputs: Properties) -> None:
        raise AssertionError


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:local::crosscloud::{type_}::{name}"


MAIN = urn(FUNCTION, "catalog")


def registration(type_: str, name: str, inputs: dict[str, Any], **made_of: tuple[str, ...]) -> Registration:
    dependencies = tuple({each for urns in made_of.values() for each in urns})
    return Registration(
        urn=urn(type_, name),
        type=type_,
        name=name,
        custom=True,
        parent="",
        inputs=inputs,
        dependencies=dependencies,
        property_dependencies=made_of,
    )


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """A state with a function, its alias, and a note; returns the record, the alias's handler, and what renews it."""
    monkeypatch.setattr(Versioned, "code", "one")
    follower, function, record = Follower(), Versioned(), Record()
    packages = [Package(handlers={FUNCTION: function, ALIAS: follower, NOTE: Follower()})]
    state = tmp_path / "state.json"

    def begin(note: dict[str, Any], **made_of: tuple[str, ...]) -> None:
        engine = record.engine(State(state), packages, lambda _: None)
        engine.register(registration(FUNCTION, "catalog", {}))
        inputs = {"functionName": "catalog", "functionVersion": "3", "description": "3"}
        engine.register(registration(ALIAS, "catalog-live", inputs, functionName=(MAIN,), functionVersion=(MAIN,)))
        engine.register(registration(NOTE, "note", note, **made_of))

    def again(code: str) -> Renewal:
        monkeypatch.setattr(Versioned, "code", code)
        return renew(record, record.trusting(State(state), packages, lambda _: None), [MAIN])

    def alias() -> dict[str, Any]:
        entry = State(state).get(urn(ALIAS, "catalog-live"))
        assert entry is not None
        inputs: dict[str, Any] = plain(entry.inputs)
        return inputs

    assert issubclass(type(record.engine(State(state), packages, lambda _: None)), Engine)
    return begin, again, alias, follower


def test_the_alias_follows_its_function_and_nothing_else_changes(stack) -> None:
    begin, again, alias, _ = stack
    begin({"text": "catalog"}, text=(MAIN,))
    assert again("two") == Renewal()
    assert alias() == {"functionName": "catalog", "functionVersion": "4", "description": "3"}
    assert again("two") == Renewal()
    assert again("three") == Renewal()
    assert alias()["functionVersion"] == "5"


@pytest.mark.parametrize("text", ["digest of 3", "3"])
def test_what_else_is_made_of_a_version_is_left_to_the_program(stack, text: str) -> None:
    begin, again, alias, _ = stack
    begin({"text": text}, text=(MAIN,))
    assert again("two") == Renewal(is_whole=False)
    assert alias()["functionVersion"] == "4"


def test_after_a_version_that_fails_the_next_one_takes_its_place(stack) -> None:
    begin, again, alias, follower = stack
    begin({})
    follower.refused = frozenset({"4"})
    assert again("two").failures == ["version 4 fails before it is called"]
    assert alias()["functionVersion"] == "3"
    assert again("three") == Renewal()
    assert alias()["functionVersion"] == "5"
