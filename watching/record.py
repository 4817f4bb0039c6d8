"""The registrations of the program's last run, a part of which can be made again without the program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from local.engine import Engine
from local.provider import Package
from local.state import State
from local.steps import Listener
from planning.run import STACK_TYPE, Registered, Registration
from planning.wire import Wire


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource as the program has declared it, and what it got for it."""

    registration: Registration
    outputs: Wire


class Record:
    """The resources of the last run by URN, and the stack's outputs. Its engines write it."""

    def __init__(self) -> None:
        self.made: dict[str, Made] = {}
        self.stack_outputs: Wire = {}

    def engine(self, state: State, packages: Iterable[Package], listener: Listener) -> Engine:
        """Returns the engine of a run that looks at everything, as `up` does."""
        return _Recording(self, state, packages, listener, trusting=False)

    def trusting(self, state: State, packages: Iterable[Package], listener: Listener) -> Engine:
        """Returns the engine of a later run, for which what the state knows counts as there."""
        return _Recording(self, state, packages, listener, trusting=True)

    def of_type(self, type_: str) -> dict[str, Made]:
        """Returns the resources of a type by URN."""
        return {urn: each for urn, each in self.made.items() if each.registration.type == type_}


class _Recording(Engine):
    """An engine that keeps what it is given and what it answers."""

    def __init__(
        self, record: Record, state: State, packages: Iterable[Package], listener: Listener, *, trusting: bool
    ) -> None:
        super().__init__(state, packages, listener, trusting=trusting)
        self._record = record

    def register(self, registration: Registration) -> Registered:
        registered = super().register(registration)
        if registration.custom:
            self._record.made[registration.urn] = Made(registration=registration, outputs=registered.outputs)
        return registered

    def outputs(self, urn: str, values: Wire) -> None:
        super().outputs(urn, values)
        if urn.split("::")[2] == STACK_TYPE:
            self._record.stack_outputs = values

    def finish(self) -> None:
        super().finish()
        for urn in self._record.made.keys() - self._seen:
            del self._record.made[urn]
