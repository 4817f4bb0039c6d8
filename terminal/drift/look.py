"""Looks at all that this machine has, or only at what holds data, and says what differs from the state."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import asyncpg

from local.errors import LocalError
from local.machine import Machine
from local.provider import Handler, Package
from local.providers.azure import Server
from local.state import Entry, State
from local.up import STACK
from planning.drift.finding import Difference, Drift, Drifted
from planning.drift.masking import shown
from planning.wire import holds_secret
from terminal.drift import databases, readings

THREADS = 8
"""Reads at a time."""
_FAILURES = (LocalError, OSError, asyncio.TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""The ways in which the emulator and PostgreSQL fail to answer."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The answer about one resource."""

    entry: Entry
    drifted: Drifted | None = None
    unknown: str = ""
    """The sentence that says why it can't be read."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The stack of this machine: its state, and the handlers of what is made of it."""

    machine: Machine
    state: State
    handlers: Mapping[str, Handler]

    @classmethod
    def of(cls, machine: Machine, packages: Iterable[Package], state: State) -> Place:
        """Returns the place of a platform's packages."""
        handlers: dict[str, Handler] = {}
        for package in packages:
            handlers |= package.handlers
        return cls(machine=machine, state=state, handlers=handlers)

    def look(self, types: Container[str] | None = None, *, left_out: Iterable[str] = ()) -> Drift:
        """Returns what differs, of all types or of some. It changes nothing."""
        entries = [each for each in self.state if self._is_read(each) and (types is None or each.type in types)]
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            answers = list(pool.map(self._read, entries))
        resources = [each.drifted for each in answers if each.drifted]
        return Drift(
            stack=STACK,
            looked=len(entries),
            drifted=[each for drifted in resources for each in drifted.by_lever()],
            unknown=[each.unknown for each in answers if each.unknown],
            left_out=list(left_out),
        )

    def _is_read(self, entry: Entry) -> bool:
        """Returns whether a resource is real, and whole: what a killed run left is for the next `up`."""
        handler = self.handlers.get(entry.type)
        return bool(entry.custom and entry.status == "ready" and handler and readings.is_real(handler))

    def _read(self, entry: Entry) -> Looked:
        try:
            pairs = self._reading(entry)()
        except _FAILURES as error:
            return Looked(entry=entry, unknown=f"{entry.type} {entry.name}: {error or type(error).__name__}")
        if pairs == {}:
            return Looked(entry=entry)
        differences = tuple(_difference(entry, path, *values) for path, values in sorted((pairs or {}).items()))
        return Looked(
            entry=entry,
            drifted=Drifted(
                urn=entry.urn, type=entry.type, name=entry.name, gone=pairs is None, differences=differences
            ),
        )

    def _reading(self, entry: Entry) -> Callable[[], readings.Pairs | None]:
        handler = self.handlers[entry.type]
        if isinstance(handler, Server):
            return lambda: databases.reading(entry, self.state, self.machine)
        return lambda: readings.reading(handler, entry, self.machine)


def _difference(entry: Entry, path: str, expected: object, actual: object) -> Difference:
    """Returns a difference whose values may be shown."""
    head = re.split(r"[.\[]", path)[0]
    secret = any(holds_secret(side.get(head)) for side in (entry.inputs, entry.outputs))
    return Difference(path=path, before=shown(path, expected, secret=secret), after=shown(path, actual, secret=secret))
