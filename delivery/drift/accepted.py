"""The differences that are meant, from accepted.yaml: each has a reason, and a day on which somebody looked at it."""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from delivery.commands import DeliveryError
from planning.drift.finding import Accepted, Difference, Drifted

FILE = Path(__file__).with_name("accepted.yaml")
LONG = dt.timedelta(days=90)
"""The time after which a row that meets nothing is told."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A difference that is meant."""

    type: str
    path: str
    because: str
    reviewed: dt.date

    def __post_init__(self) -> None:
        if not str(self.because).strip():
            raise DeliveryError(f"{FILE.name}: {self.type} {self.path} needs `because`, the reason why it is accepted.")
        if self.path.strip("*[]. ") == "":
            raise DeliveryError(f"{FILE.name}: {self.type} {self.path!r} accepts everything. Name a property.")

    def meets(self, type_: str, path: str) -> bool:
        """Returns whether it is about a property of a type."""
        return type_ == self.type and fnmatch.fnmatchcase(path, self.path.replace("[", "[[]"))


@dataclass(kw_only=True)
class Acceptance:
    """The rows, and which of them have met something."""

    rows: Sequence[Row]
    met: set[Row] = field(default_factory=set)

    def split(self, drifted: Iterable[Drifted]) -> tuple[list[Drifted], list[Accepted]]:
        """Returns what is left of what differs, and what of it is accepted. What is gone is never accepted."""
        left: list[Drifted] = []
        accepted: list[Accepted] = []
        for each in drifted:
            meant: dict[Row, list[Difference]] = {}
            others: list[Difference] = []
            for difference in each.differences:
                row = next((row for row in self.rows if row.meets(each.type, difference.path)), None)
                (others if row is None else meant.setdefault(row, [])).append(difference)
            self.met |= meant.keys()
            accepted += [
                Accepted(drifted=replace(each, differences=tuple(found)), because=row.because)
                for row, found in meant.items()
            ]
            if others or not meant:
                left.append(replace(each, differences=tuple(others)))
        return left, accepted

    def stale(self, today: dt.date) -> Iterator[str]:
        """Yields a sentence about each row that met nothing and that nobody has looked at for long."""
        for row in self.rows:
            if row not in self.met and today - row.reviewed > LONG:
                yield (
                    f"{row.type} {row.path} met nothing, and was last reviewed on {row.reviewed}: take the row out of "
                    f"delivery/drift/{FILE.name}, or give it today's date"
                )


def read(file: Path = FILE) -> Acceptance:
    """Returns the rows of a file. Raises DeliveryError for a row that lacks something."""
    rows = []
    for each in yaml.safe_load(file.read_text()) or ():
        try:
            rows.append(Row(**each))
        except TypeError:
            raise DeliveryError(f"{file.name}: each row has type, path, because and reviewed, not {each}.") from None
    return Acceptance(rows=rows)
