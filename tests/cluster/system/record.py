"""The record of the cases that ran: what `make proof` writes the page of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Verdict(StrEnum):
    """The outcome of a case."""

    NONE_LOST = "none lost"
    SOME_LOST = "some lost"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One case as it was seen. Times are milliseconds, but for `recovery`."""

    case: str
    requests: int
    rate: float
    """Requests per second."""
    lost: int
    losses: str
    """The kinds of losses with their numbers; empty without any."""
    p50: float
    p99: float
    recovery: float
    """Seconds from the first lost request to the last."""
    expected: Verdict
    seen: Verdict
    note: str = ""
    """The other things that were measured in the case."""


@dataclass(frozen=True)
class Record:
    """Keeps rows in a file, if there is one: each as soon as it is known, so that a run that is cut off leaves them."""

    file: Path | None

    def add(self, row: Row) -> None:
        """Keeps a row, in the place of an earlier one of the same case."""
        self._change(lambda content: content["rows"].update({row.case: asdict(row)}))

    def describe(self, cluster: str) -> None:
        """Keeps what the cluster is."""
        self._change(lambda content: content.update(cluster=cluster))

    def _change(self, change: Callable[[dict[str, Any]], object]) -> None:
        if self.file is None:
            return
        content = json.loads(self.file.read_text()) if self.file.exists() else {"cluster": "", "rows": {}}
        change(content)
        self.file.write_text(json.dumps(content, indent=1))


def read(file: Path) -> tuple[str, dict[str, Row]]:
    """Returns what the cluster of a record is, and its rows by their cases."""
    content = json.loads(file.read_text())
    verdicts = ("expected", "seen")
    rows = content["rows"].items()
    return content["cluster"], {
        case: Row(**{**row, **{key: Verdict(row[key]) for key in verdicts}}) for case, row in rows
    }
