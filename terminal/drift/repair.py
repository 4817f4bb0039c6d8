"""The look of `up` before the program runs: it stops for lost data, and with `--repair` mends the rest.

The engine finishes what a killed run has left half done. So what is to be mended is marked as left so, and the engine
brings it to what the program declares.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from local.errors import LocalError
from local.machine import Machine
from local.provider import Handler, Updatable
from local.providers.aws.secrets import SecretVersion
from local.providers.docker import IMAGE
from local.state import Entry, State
from planning.drift.finding import Drift
from planning.drift.report import line
from planning.drift.stores import STORES
from planning.wire import plain
from terminal.drift import databases
from terminal.drift.look import Place


@dataclass(frozen=True, kw_only=True)
class Repair:
    """The look before the program runs."""

    machine: Machine
    report: Callable[[str], object]
    """Shows a line."""
    mend: bool = False
    """True if what differs is to be mended; else it is only seen to that nothing which holds data is made anew."""
    levers: bool = False
    """True if the levers of the runbook are put back, too."""

    def __call__(self, handlers: Mapping[str, Handler], state: State) -> None:
        """Looks, and marks what the engine is to mend. Raises LocalError when data are lost and `mend` is false."""
        place = Place(machine=self.machine, state=state, handlers=handlers)
        drift = place.look(None if self.mend else STORES)
        if drift.unknown:
            sentence = "Nothing was changed, because not all can be read; see `./crosscloud status`:"
            raise LocalError("\n".join([sentence, *drift.unknown]))
        if not self.mend:
            _refuse(drift)
            return
        for lost in drift.lost:
            self.report(f"{line(lost)}: it is made anew, EMPTY. Lost: {lost.loses}.")
        pulled = set() if self.levers else {each.urn for each in drift.levers}
        for each in drift.levers:
            if each.urn in pulled and each.lever:
                self.report(f"{line(each)}: {each.lever.name}, which stays so (docs/runbook.md, {each.lever.section}).")
        for each in drift.others:
            self.report(f"{line(each)}: it stays so while its lever is pulled." if each.urn in pulled else line(each))
        for urn in {each.urn for each in drift.drifted} - pulled:
            if (entry := state.get(urn)) is not None:
                self._mark(entry, state, gone=any(each.urn == urn and each.gone for each in drift.drifted), place=place)

    def _mark(self, entry: Entry, state: State, *, gone: bool, place: Place) -> None:
        """Marks a resource as left half done: one that is there as being updated, else as being replaced."""
        if entry.type == IMAGE:  # a folder by that name counts as built
            shutil.rmtree(self.machine.images / str(plain(entry.outputs)["contextDigest"]), ignore_errors=True)
        elif gone and entry.type == databases.SERVER:
            for each in (entry, *databases.migrations(entry, state)):  # they make what is in it
                state.put(replace(each, status="deleting"))
        elif not gone:
            handler = place.handlers[entry.type]
            in_place = isinstance(handler, Updatable) and not isinstance(handler, SecretVersion)
            state.put(replace(entry, status="updating" if in_place else "deleting"))


def _refuse(drift: Drift) -> None:
    """Raises LocalError when something that holds data is gone: without a word it would be made anew, and empty."""
    if drift.lost:
        lost = "; ".join(f"{line(each)}, and with it {each.loses}" for each in drift.lost)
        raise LocalError(
            f"Nothing was changed: {lost}. `./crosscloud up --repair` makes it anew, empty: its data are lost. See "
            "`./crosscloud drift`."
        )
