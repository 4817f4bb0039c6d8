"""The record of the cases that ran: what `make proof` writes the page of."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.load.result import Result

ROOT = Path(__file__).resolve().parents[3]


class Verdict(StrEnum):
    """The outcome of a case."""

    NONE_LOST = "none lost"
    SOME_LOST = "some lost"
    TOO_SLOW = "none lost, too slow"
    NOT_SCALED = "none lost, not scaled"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNFINISHED = "did not end"


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
    commit: str
    """The commit whose system was measured; with `+` where the working tree had changes."""

    @classmethod
    def of(cls, result: Result, *, case: str, expected: Verdict, seen: Verdict, note: str, times: Result) -> Row:
        """Returns the row of a load, with the latencies of `times`, the part of it that they are taken from."""
        return cls(
            case=case,
            requests=result.sent,
            rate=round(result.rate, 1),
            lost=result.lost,
            losses=", ".join(f"{count}x {loss}" for loss, count in result.losses.most_common(3)),
            p50=round(times.p50, 1),
            p99=round(times.p99, 1),
            recovery=round(result.seconds_to_recover, 1),
            expected=expected,
            seen=seen,
            note=note,
            commit=measured_commit(),
        )


@functools.cache
def measured_commit() -> str:
    """Returns the commit of the working tree that a run measures: its stack is a copy made at the beginning."""
    changed = "+" if _git("status", "--porcelain") else ""
    return f"{_git('rev-parse', '--short', 'HEAD')}{changed}"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True)
class Record:
    """Keeps rows in a file, if there is one: each as soon as it is known, so that a run that is cut off leaves them."""

    file: Path | None

    def begin(self, case: str) -> None:
        """Keeps that a case has begun: where it fails on its way, the page says that it did not end."""
        self._change(lambda content: content["rows"].update({case: None}))

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


def read(file: Path) -> tuple[str, dict[str, Row | None]]:
    """Returns what the cluster of a record is, and its rows by their cases; None: the case did not end."""
    content = json.loads(file.read_text())
    return content["cluster"], {case: row and _row(row) for case, row in content["rows"].items()}


def _row(members: dict[str, Any]) -> Row:
    return Row(**{**members, **{key: Verdict(members[key]) for key in ("expected", "seen")}})
