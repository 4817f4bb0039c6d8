"""Reads what each `make up` has changed, as it has written it beside the logs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.machine import CHANGES

MOST = 30
"""Runs that are shown."""
TAIL = 4 * 1024 * 1024
"""Bytes at the end of the file that are read: a first `make up` of 300 resources has 100 kB."""
MOST_SECONDS = 1e11
"""Seconds since the epoch in the year 5138: a larger number is no time."""
WORDS = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One `make up`. Times are seconds since the epoch."""

    began: float
    ended: float
    unchanged: int
    changes: Sequence[Mapping[str, Any]]
    """The steps that changed something: urn, type, name, operation, changed, seconds, error."""

    @property
    def id(self) -> str:
        """The name by which an address knows it."""
        return f"{self.began:.0f}"

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes by what was done."""
        words = ("failed" if change["error"] else WORDS[change["operation"]] for change in self.changes)
        return dict(Counter(words))


def runs(logs: Path) -> list[Run]:
    """Returns the last runs, the newest first. Lines that are no run are left out."""
    try:
        with (logs / CHANGES).open("rb") as file:
            file.seek(max(file.seek(0, 2) - TAIL, 0))
            texts = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    found = [run for text in texts[-MOST:] if (run := _run(text))]
    return found[::-1]


def _run(text: str) -> Run | None:
    try:
        run = Run(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
    numbers = (run.began, run.ended, run.unchanged)
    is_run = isinstance(run.changes, list) and all(map(_is_change, run.changes))
    return (
        run if is_run and all(isinstance(each, int | float) and 0 <= each < MOST_SECONDS for each in numbers) else None
    )


def _is_change(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.get("operation") in WORDS
        and isinstance(value.get("seconds"), int | float)
        and isinstance(value.get("changed"), list)
        and all(isinstance(value.get(name), str) for name in ("urn", "type", "name"))
        and "error" in value
    )
