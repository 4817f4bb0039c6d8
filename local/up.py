"""Brings the stack up: starts the processes, applies the program, and waits until all of it is ready."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import pulumi

from local import desired
from local.emulator import aws_access
from local.engine import Engine
from local.errors import LocalError
from local.machine import Machine, write_json
from local.provider import Handler, Package
from local.providers import aws, azure, docker, kubernetes, values
from local.state import State
from local.steps import Listener, StepEvent
from local.supervisor import client
from planning.run import run_program
from planning.wire import plain

STACK = "local"
Look = Callable[[Mapping[str, Handler], State], object]
"""A look at the state, with the handlers of its types, before the program runs. It may raise LocalError."""


class Display(Protocol):
    """Shows a person how far it is."""

    def phase(self, name: str, running: Collection[str] | None = None) -> AbstractContextManager[None]:
        """Shows a phase while it lasts, with the names of the steps that are running in it."""

    def __call__(self, event: StepEvent) -> None:
        """Shows the end of a step."""

    def summary(self) -> None:
        """Shows what has become of all resources."""


class Platform:
    """The place of everything that is not AWS's. That is this machine; a cluster overrides what differs there."""

    modules: Sequence[str] = client.MODULES
    """The modules of the system processes in the order of their start."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def packages(self) -> list[Package]:
        """Returns the providers of what is there."""
        return [module.package(self._machine) for module in (azure, docker, kubernetes)]

    def config(self) -> Mapping[str, object]:
        """Returns the configuration that is laid over the stack's file, by full keys."""
        ports = self._machine.ports
        own = {"issuer": self._machine.issuer_url, "ingressPort": ports.ingress, "databasePort": ports.postgres}
        return {"crosscloud:machine": own}

    def settle(self) -> None:
        """Returns when all that the program has made there is ready. Pods of this machine are waited for anyway."""


Make = Callable[[State, Iterable[Package], Listener], Engine]
"""Makes the engine of a run."""


def up(
    machine: Machine,
    display: Display,
    platform: Platform | None = None,
    *,
    look: Look | None = None,
    make: Make = Engine,
) -> None:
    """Starts the stack or brings it up to date, by default on this machine alone.

    Raises LocalError with every failure of the program.
    """
    platform = platform or Platform(machine)
    with only_one(machine):
        with display.phase("processes"):
            client.ensure(machine, platform.modules)
        apply(machine, display, platform, look=look, make=make)
        with display.phase("pods and routes"):
            platform.settle()
            for key, value in desired.read_all(machine).items():
                desired.wait(machine, key, value)


def apply(
    machine: Machine, display: Display, platform: Platform, *, look: Look | None = None, make: Make = Engine
) -> None:
    """Runs the program and deletes what it no longer declares.

    Raises LocalError with its failure, or with those of its resources.
    """
    packages = [aws.package(machine), values.package(machine), *platform.packages()]
    engine = make(state := State(machine.state_file), packages, display)
    if look is not None:
        look(engine.handlers, state)
    with display.phase("program", engine.running.values()):
        try:
            run_program(machine.root, STACK, engine, preview=False, config=platform.config())
            engine.finish()
        except pulumi.RunError as error:
            raise LocalError(str(error)) from error
        except Exception:
            if engine.failures:
                raise LocalError("\n".join(engine.failures)) from None
            raise
        write_json(machine.home / "outputs.json", plain(engine.stack_outputs))
        write_json(machine.home / "aws.json", aws_access(machine))
    display.summary()


@contextmanager
def only_one(machine: Machine) -> Iterator[None]:
    """Holds the clone's lock, as long as the process lives: two runs at a time would undo each other's work."""
    path = machine.run / "up.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LocalError("Another `make up` of this clone is running. Wait for its end, or stop it.") from None
        yield
