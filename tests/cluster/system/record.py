"""The record of the cases that ran: what `make proof` writes the page of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


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
    """What else was measured in the case."""


@dataclass(frozen=True)
class Record:
    """Keeps rows in a file, if there is one: each as soon as it is known, so that a run that is cut off leaves them."""

    file: Path | None

    def add(self, row: Row) -> None:
        """Keeps a row, in the place of an earlier one of the same case."""
        if self.file is None:
            return
        rows = json.loads(self.file.read_text()) if self.file.exists() else {}
        rows[row.case] = asdict(row)
        self.file.write_text(json.dumps(rows, indent=1))


def read(file: Path) -> dict[str, Row]:
    """Returns the rows of a record by their cases."""
    content = json.loads(file.read_text())
    verdicts = ("expected", "seen")
    return {case: Row(**{**row, **{key: Verdict(row[key]) for key in verdicts}}) for case, row in content.items()}
