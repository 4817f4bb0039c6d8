"""`up --watch`: looks at the sources, makes each save live, and says in one line what has changed by it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.errors import LocalError
from local.machine import CHANGES, Machine
from local.steps import StepEvent
from local.supervisor import client
from local.up import only_one
from terminal.display import Display
from terminal.printable import printable
from watching import files
from watching.record import Record
from watching.session import Outcome, Session

LOOK = 0.2
"""Seconds between two looks at the sources."""
SETTLED = 0.1
"""Seconds without a further save after which one counts as finished: an editor may save several files at once."""
QUIET = 3.0
"""Seconds without a save after which the program runs for what updates have left to it."""
_NAMED = 3
"""Names that a line has of the files, and of the resources."""
_WORDS = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}


def watch(machine: Machine, record: Record, console: Console) -> None:
    """Makes whatever is saved live, until Ctrl-C. `record` is that of the `up` before.

    Raises LocalError when the stack goes down meanwhile.
    """
    with only_one(machine):
        _Watch(machine, record, console).run()


class _Watch:
    """A look at the sources, again and again."""

    def __init__(self, machine: Machine, record: Record, console: Console) -> None:
        self._machine, self._console = machine, console
        self._display = Display(Console(quiet=True))
        self._session = Session(machine, record, self._note)
        self._stamps = files.stamps(machine.root)
        self._ahead: tuple[StepEvent, ...] = ()
        """Steps for a save that a run of the program has found before it was noticed here."""

    def run(self) -> None:
        self._say("Watching the sources; each save becomes live. Ctrl-C ends it, and the stack stays up.")
        quiet_since = time.monotonic()
        try:
            while True:
                time.sleep(LOOK)
                if not client.alive(self._machine):
                    raise LocalError("The stack is down, so there is nothing to bring up to date. `make up` starts it.")
                if self._look():
                    quiet_since = time.monotonic()
                elif self._session.owes_run and time.monotonic() - quiet_since > QUIET:
                    self._settle()
        except KeyboardInterrupt:
            if self._session.owes_run:
                self._say("Finishing what the last save has left to the program.")
                self._settle()
            raise

    def _look(self) -> bool:
        """Makes live what was saved since the last look. Returns whether there was anything."""
        now = files.stamps(self._machine.root)
        if now == self._stamps:
            return False
        noticed = time.time()
        while (later := _a_little_later(self._machine.root)) != now:
            now = later
        saved = files.changed(self._stamps, now)
        self._stamps = now
        if any(path.partition("/")[0] in files.OWN for path in saved):
            self._say(f"{_few(sorted(saved))}: the code of the local stack itself; starting anew with it.")
            os.execv(sys.executable, [sys.executable, "-m", "local", *sys.argv[1:]])  # noqa: S606
        began = min(files.saved_at(now, saved) or noticed, noticed)
        outcome = self._session.update(saved, self._generate)
        outcome = replace(outcome, events=(*self._ahead, *outcome.events))
        self._ahead = ()
        self._append()
        self._console.print(line(saved, outcome, time.time() - began), highlight=False, soft_wrap=True)
        return True

    def _settle(self) -> None:
        outcome = self._session.settle()
        self._append()
        if files.stamps(self._machine.root) != self._stamps:
            self._ahead = outcome.events
        elif outcome.failure:
            self._console.print(line(frozenset(), outcome, 0.0), highlight=False, soft_wrap=True)

    def _generate(self) -> frozenset[str]:
        """Writes what is made of the contract, and returns the paths that this has changed."""
        sys.modules.pop("terminal.generated", None)  # so that it uses the contract's code as it is now
        from terminal import generated

        generated.bring_up_to_date(Console(quiet=True))  # the line of the edit names what it writes
        after = files.stamps(self._machine.root)
        written = files.changed(self._stamps, after)
        self._stamps = after
        return written

    def _note(self, event: StepEvent) -> None:
        self._display(event)

    def _append(self) -> None:
        """Adds the update to the file of what each `up` has changed."""
        self._display.append_to(self._machine.logs / CHANGES)
        self._display = Display(Console(quiet=True))

    def _say(self, text: str) -> None:
        self._console.print(text, style="dim", highlight=False, soft_wrap=True)


def _a_little_later(root: Path) -> files.Stamps:
    time.sleep(SETTLED)
    return files.stamps(root)


def line(saved: Iterable[str], outcome: Outcome, seconds: float) -> Text:
    """Returns a text such as `2.1 s  app/services/users/api.py: Deployment users updated`."""
    what = _few(sorted(saved)) or "the program"
    if outcome.failure:
        reasons = " | ".join(printable(each) for each in outcome.failure.splitlines())
        text = f"{what}: {reasons} What served before goes on."
        return Text.assemble((f"{seconds:.1f} s ", "dim"), ("failed ", "bold red"), text)
    published = ["documentation published"] * outcome.published
    done = _few([*(_described(event) for event in outcome.events), *published]) or "nothing has changed by it"
    by = " (the program ran)" if outcome.ran_program else ""
    return Text.assemble((f"{seconds:.1f} s ", "dim"), f"{what}: {done}", (by, "dim"))


def _described(event: StepEvent) -> str:
    kind = event.type.rpartition(":")[2]
    return f"{kind} {event.name} {_WORDS[event.operation]}"


def _few(names: list[str]) -> str:
    """Returns the first of the names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
