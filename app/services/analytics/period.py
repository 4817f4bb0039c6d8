"""The days for which events are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.services.kit.fields import FIRST_DAY

DEFAULT_DAYS = 30
"""Days of a period whose first day is not given, its last day included."""


@dataclass(frozen=True)
class Period:
    """A range of days in UTC, from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def until(cls, last: date | None, first: date | None = None) -> Period:
        """Returns the period of the two days: `last` is today by default, `first` makes it DEFAULT_DAYS long."""
        last = last or datetime.now(UTC).date()
        return cls(first or max(FIRST_DAY, last - timedelta(days=DEFAULT_DAYS - 1)), last)

    @property
    def begin(self) -> datetime:
        """The first moment of the period."""
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The first moment after the period."""
        return datetime.combine(self.last + timedelta(days=1), time.min, UTC)
