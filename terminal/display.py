"""Shows how far `up` is: the phases with their times, and what becomes of each resource, which is kept for later."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.steps import StepEvent
from terminal.printable import printable

FEW = 12
"""Changes that a terminal gets a line each for. More of them would push away what was there before."""
_NAMED = 3
"""Steps under way that the counter names."""
_DONE = {
    "create": ("+", "green", "created"),
    "update": ("~", "yellow", "updated"),
    "replace": ("±", "magenta", "replaced"),
    "delete": ("-", "red", "deleted"),
    "same": (" ", "dim", "unchanged"),
}
"""The sign, the style and the word for a finished step, by operation."""


class Display:
    """A listener of the engine, and the phases around it.

    A file gets a line for each change. A terminal gets a counter with the steps under way, and lines for few changes.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._done: Counter[str] = Counter()
        self._folded: list[StepEvent] = []
        self._changes: list[StepEvent] = []
        self._began = time.time()

    @contextmanager
    def phase(self, name: str, running: Collection[str] | None = None) -> Iterator[None]:
        """Shows a phase, with the steps that are `running` in it, while it lasts, and then its seconds."""
        started = time.monotonic()
        with self._console.status("") as status:
            status.update(name if running is None else _Counted(name, self._done, running))
            yield
        self._console.print(f"[bold]{name}[/bold] {time.monotonic() - started:.1f} s", highlight=False)

    def __call__(self, event: StepEvent) -> None:
        with self._lock:
            self._done["failed" if event.error else _DONE[event.operation][2]] += 1
            if event.operation != "same":
                self._changes.append(event)
        if self._console.is_terminal and not event.error:
            if event.operation != "same":
                self._folded.append(event)
        elif event.operation != "same":
            self._print(event)

    @property
    def changes(self) -> dict[str, int]:
        """The number of resources by what became of them: created, updated, replaced, deleted, unchanged, failed."""
        return dict(self._done)

    def summary(self) -> None:
        """Prints `13 changes: 12 created, 3 unchanged, 1 failed`, after the lines of changes if they are few."""
        if len(self._folded) <= FEW:
            for event in self._folded:
                self._print(event)
        order = [*(word for _, _, word in _DONE.values()), "failed"]
        changes = self._done.total() - self._done[_DONE["same"][2]]
        parts = [f"{self._done[word]} {word}" for word in order if self._done[word]]
        text = f"  {changes} change{'s' * (changes != 1)}: {', '.join(parts) or 'nothing'}"
        self._console.print(text, highlight=False)

    def append_to(self, file: Path) -> None:
        """Adds this run to a file that has one JSON object a run. One that ended before its first step is none."""
        if not self._done:
            return
        run = {"began": self._began, "ended": time.time(), "unchanged": self._done[_DONE["same"][2]]}
        with file.open("a") as log:
            log.write(json.dumps({**run, "changes": [asdict(change) for change in self._changes]}) + "\n")

    def _print(self, event: StepEvent) -> None:
        self._console.print(line(event), highlight=False, soft_wrap=True)


class _Counted:
    """A text such as `program: 120 done; users-migrations, users`, made anew whenever the terminal draws it."""

    def __init__(self, name: str, done: Counter[str], running: Collection[str]) -> None:
        self._name, self._done, self._running = name, done, running

    def __rich__(self) -> Text:
        names = list(self._running)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        under_way = f"; {', '.join(names[-_NAMED:])}{more}" if names else ""
        counted = f": {self._done.total()} done{under_way}" if names or self._done.total() else ""
        return Text(f"{self._name}{counted}", no_wrap=True, overflow="ellipsis")


def line(event: StepEvent) -> Text:
    """Returns a text such as `~ aws:Role runner updated (0.1 s) [policy, tags]`."""
    sign, style, word = _DONE[event.operation]
    text = Text.assemble(
        (f"{sign} ", style),
        f"{_short(event.type)} {event.name} ",
        ("failed", "bold red") if event.error else (word, style),
        (f" ({event.seconds:.1f} s)", "dim"),
    )
    if event.changed:
        text.append(f" [{', '.join(event.changed)}]", style="dim")
    if event.error:
        text.append(f": {printable(event.error)}", style="red")
    return text


def _short(type_: str) -> str:
    """Returns `aws:lambda/function:Function` as `aws:Function`."""
    package, _, rest = type_.partition(":")
    return f"{package}:{rest.rpartition(':')[2]}"
