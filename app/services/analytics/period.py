"""Days for which something is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.services.kit.fields import FIRST_DAY

DEFAULT_DAYS = 30
"""Of a period whose first day is not given, its last day included."""


@dataclass(frozen=True)
class Period:
    """Days in UTC, both included."""

    first: date
    last: date

    @classmethod
    def until(cls, last: date | None, first: date | None = None) -> Period:
        """Until today when nothing is said, and DEFAULT_DAYS long."""
        last = last or datetime.now(UTC).date()
        return cls(first or max(FIRST_DAY, last - timedelta(days=DEFAULT_DAYS - 1)), last)

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is not of it."""
        return datetime.combine(self.last + timedelta(days=1), time.min, UTC)
