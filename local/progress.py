"""Shows what the engine does: one line per finished change, and on a terminal a status line with what is under way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from local.steps import StepEvent

_DONE = {
    "create": ("+", "green", "created"),
    "update": ("~", "yellow", "updated"),
    "replace": ("±", "magenta", "replaced"),
    "delete": ("-", "red", "deleted"),
    "same": (" ", "dim", "unchanged"),
}
"""By operation: the sign, the style and the word for a finished step."""


class Progress:
    """A listener of the engine; use it as a context manager around the run."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._steps: dict[str, StepEvent] = {}
        self._started = time.monotonic()
        self._status = Status("", console=console)

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def __call__(self, event: StepEvent) -> None:
        with self._lock:
            self._steps[event.urn] = event
            running = [step.name for step in self._steps.values() if step.seconds is None]
        if event.seconds is not None and event.operation != "same":
            self._console.print(_line(event, event.seconds), highlight=False, soft_wrap=True)
        if self._console.is_terminal:
            self._status.update(f"{self.summary()}: {', '.join(running)}"[: self._console.width - 3])

    @property
    def changes(self) -> int:
        """The number of resources that changed, or failed to."""
        return sum(step.operation != "same" for step in self._steps.values())

    def summary(self) -> str:
        """Returns a text such as `12 created, 3 unchanged in 4.1 s`; what failed is counted by itself."""
        with self._lock:
            done = [step for step in self._steps.values() if step.seconds is not None]
        counts = Counter("failed" if step.error else _DONE[step.operation][2] for step in done)
        order = [*(word for _, _, word in _DONE.values()), "failed"]
        parts = [f"{counts[word]} {word}" for word in order if counts[word]]
        return f"{', '.join(parts) or 'nothing'} in {time.monotonic() - self._started:.1f} s"


def _line(event: StepEvent, seconds: float) -> Text:
    """Returns a text such as `~ aws:Role runner updated (0.1 s) [policy, tags]`."""
    sign, style, word = _DONE[event.operation]
    text = Text.assemble(
        (f"{sign} ", style),
        f"{_short(event.type)} {event.name} ",
        ("failed", "bold red") if event.error else (word, style),
        (f" ({seconds:.1f} s)", "dim"),
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
