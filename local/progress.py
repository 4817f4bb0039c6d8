"""Shows what the engine does, one line per change, and keeps it for those who ask later."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.steps import StepEvent

_DONE = {
    "create": ("+", "green", "created"),
    "update": ("~", "yellow", "updated"),
    "replace": ("±", "magenta", "replaced"),
    "delete": ("-", "red", "deleted"),
    "same": (" ", "dim", "unchanged"),
}
"""The sign, the style and the word for a finished step, by operation."""


class Progress:
    """A listener of the engine."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._done: Counter[str] = Counter()
        self._changes: list[StepEvent] = []
        self._began = time.time()

    def __call__(self, event: StepEvent) -> None:
        with self._lock:
            self._done["failed" if event.error else _DONE[event.operation][2]] += 1
        if event.operation != "same":
            self._changes.append(event)
            self._console.print(_line(event), highlight=False, soft_wrap=True)

    def summary(self) -> str:
        """Returns a text such as `13 changes: 12 created, 3 unchanged, 1 failed`."""
        order = [*(word for _, _, word in _DONE.values()), "failed"]
        changes = self._done.total() - self._done[_DONE["same"][2]]
        parts = [f"{self._done[word]} {word}" for word in order if self._done[word]]
        return f"{changes} change{'s' * (changes != 1)}: {', '.join(parts) or 'nothing'}"

    def append_to(self, file: Path) -> None:
        """Adds this run to a file that has one JSON object a run."""
        run = {"began": self._began, "ended": time.time(), "unchanged": self._done[_DONE["same"][2]]}
        with file.open("a") as log:
            log.write(json.dumps({**run, "changes": [asdict(change) for change in self._changes]}) + "\n")


def _line(event: StepEvent) -> Text:
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
        text.append(f": {event.error}", style="red")
    return text


def _short(type_: str) -> str:
    """Returns `aws:lambda/function:Function` as `aws:Function`."""
    package, _, rest = type_.partition(":")
    return f"{package}:{rest.rpartition(':')[2]}"
