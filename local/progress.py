"""Shows what the engine does: a live tree by component on a terminal, a line per finished step elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from local.engine import StepEvent

_DONE = {
    "create": ("+", "green", "created"),
    "update": ("~", "yellow", "updated"),
    "replace": ("±", "magenta", "replaced"),
    "delete": ("-", "red", "deleted"),
    "same": (" ", "dim", "unchanged"),
}
_WORKING = {"create": "creating", "update": "updating", "replace": "replacing", "delete": "deleting"}


class Progress:
    """A listener of the engine; use it as a context manager around the run."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._steps: dict[str, StepEvent] = {}
        self._components: dict[str, StepEvent] = {}
        self._began: dict[str, float] = {}
        self._started = time.monotonic()
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=10, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()
            if self.changes:
                self._console.print(self._tree())

    def __call__(self, step: StepEvent) -> None:
        with self._lock:
            if step.operation == "component":
                self._components[step.urn] = step
                return
            self._steps[step.urn] = step
            self._began.setdefault(step.urn, time.monotonic())
        if not self._console.is_terminal and step.seconds is not None and step.operation != "same":
            self._console.print(_line(step, step.seconds), highlight=False, soft_wrap=True)

    @property
    def changes(self) -> int:
        return sum(step.operation != "same" for step in self._steps.values())

    def summary(self) -> str:
        """`12 created, 3 unchanged in 4.1 s`; what failed is counted apart."""
        counts = Counter("failed" if step.error else _DONE[step.operation][2] for step in self._steps.values())
        order = [*(done for _, _, done in _DONE.values()), "failed"]
        parts = [f"{counts[word]} {word}" for word in order if counts[word]]
        return f"{', '.join(parts) or 'nothing'} in {time.monotonic() - self._started:.1f} s"

    def _render(self) -> RenderableType:
        return Group(self._tree(), Text(self.summary(), style="bold"))

    def _tree(self) -> Tree:
        """Components as branches. Steps that change nothing are left out, so that the tree shows what happens."""
        tree = Tree(Text("crosscloud", style="bold"), guide_style="dim")
        branches: dict[str, Tree] = {}

        def branch(urn: str) -> Tree:
            if urn not in self._components:
                return tree
            if urn not in branches:
                component = self._components[urn]
                label = Text.assemble((_short(component.type), "bold"), " ", component.name)
                branches[urn] = branch(component.parent).add(label)
            return branches[urn]

        with self._lock:
            steps = list(self._steps.values())
        for step in steps:
            if step.operation != "same":
                seconds = step.seconds if step.seconds is not None else time.monotonic() - self._began[step.urn]
                branch(step.parent).add(_line(step, seconds))
        return tree


def _line(step: StepEvent, seconds: float) -> Text:
    sign, style, done = _DONE[step.operation]
    working = step.seconds is None
    word = _WORKING[step.operation] if working else "failed" if step.error else done
    text = Text.assemble(
        (f"{sign} ", style),
        (_short(step.type), "bold" if working else ""),
        f" {step.name} ",
        (word, "bold red" if step.error else style),
        (f" ({seconds:.1f} s)", "dim"),
    )
    if step.changed:
        text.append(f" [{', '.join(step.changed)}]", style="dim")
    if step.error:
        text.append(f": {step.error}", style="red")
    return text


def _short(type_: str) -> str:
    """`aws:lambda/function:Function` as `aws:Function`."""
    package, _, rest = type_.partition(":")
    return f"{package}:{rest.rpartition(':')[2]}"
