"""A small cloud in memory: a provider for the engine's tests, which can fail and be looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.engine import Engine
from local.errors import ProviderError
from local.provider import Handler, Made, Package, Properties, Updatable
from local.state import State
from local.steps import StepEvent
from planning.run import Registration

THING = "fake:index:Thing"
FIXED = "fake:index:Fixed"
COMPONENT = "fake:index:Group"


class Crash(BaseException):
    """The process dies: nothing after it runs, as with SIGKILL."""


class Fixed(Handler):
    """Things by name; every change replaces one. `crash_at` kills the process at the N-th boundary, before or after an
    effect."""

    secret_outputs = frozenset({"password"})

    def __init__(self) -> None:
        self.things: dict[str, Properties] = {}
        self.calls: list[str] = []
        self.fail: set[str] = set()
        self.crash_at: int | None = None
        self.boundaries = 0
        self._lock = threading.Lock()

    @contextmanager
    def _effect(self, call: str) -> Iterator[None]:
        with self._lock:
            self._boundary()
            self.calls.append(call)
            if call in self.fail:
                raise ProviderError(f"the cloud refuses to {call}")
            yield
            self._boundary()

    def _boundary(self) -> None:
        self.boundaries += 1
        if self.boundaries == self.crash_at:
            raise Crash

    def create(self, name: str, inputs: Properties) -> Made:
        with self._effect(f"create {name}"):
            self.things[name] = inputs
        return Made(id=name, outputs={"password": f"secret of {name}", "address": f"10.0.0.{len(name)}"})

    def delete(self, id_: str, outputs: Properties) -> None:
        with self._effect(f"delete {id_}"):
            self.things.pop(id_, None)

    def abandon(self, name: str, inputs: Properties) -> None:
        with self._effect(f"abandon {name}"):
            self.things.pop(name, None)

    def exists(self, id_: str, outputs: Properties) -> bool:
        return id_ in self.things


class Cloud(Fixed, Updatable):
    """Things that can change in place, but for their size."""

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        with self._effect(f"update {id_}"):
            self.things[id_] = new
        return {"password": outputs["password"], "address": outputs["address"]}


class Run:
    """One run of a program that is a list of registrations."""

    def __init__(self, path: Path, cloud: Cloud, fixed: Fixed | None = None) -> None:
        self.steps: list[StepEvent] = []
        self.state = State(path)
        handlers = {THING: cloud, FIXED: fixed or cloud}
        functions = {"fake:index:whoami": lambda _: {"name": "me"}}
        self.engine = Engine(self.state, [Package(handlers=handlers, functions=functions)], self.steps.append)

    def go(self, *registrations: Registration, finish: bool = True) -> list[str]:
        """The finished operations other than `same`, as `create a`."""
        for registration in registrations:
            self.engine.register(registration)
        if finish:
            self.engine.finish()
        return [f"{s.operation} {s.name}" for s in self.steps if s.operation in CHANGES]


CHANGES = ("create", "update", "replace", "delete")


def urn(name: str, type_: str = THING) -> str:
    return f"urn:pulumi:local::test::{type_}::{name}"


def thing(name: str, *needs: str, type_: str = THING, parent: str = "", **options: Any) -> Registration:
    """A registration; keyword arguments that are no option of it are its inputs."""
    known = {key: options.pop(key) for key in ("aliases", "ignore_changes", "protect", "retain") if key in options}
    return Registration(
        urn=urn(name, type_),
        type=type_,
        name=name,
        custom=type_ != COMPONENT,
        parent=parent,
        inputs=options,
        dependencies=tuple(urn(need) for need in needs),
        **known,
    )
