"""The choice of log lines: by request, time, service, level and text."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from app.contract.logs import LEVELS
from local.errors import LocalError
from terminal.logs.line import Line
from terminal.logs.text import as_text

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The lines that are wanted. What is left out is not looked at."""

    request_id: str | None = None
    since: dt.datetime | None = None
    services: tuple[str, ...] = ()
    level: str = "DEBUG"
    """The lowest level."""
    pattern: re.Pattern[str] | None = None
    """A regular expression that is looked for in the line as people get it."""

    def takes(self, line: Line) -> bool:
        """Says whether a line is wanted."""
        return (
            self.request_id in (None, line.fields.get("request_id"))
            and (self.since is None or line.written >= self.since)
            and (not self.services or line.service in self.services)
            and LEVELS.get(str(line.fields.get("level")), LEVELS["INFO"]) >= LEVELS[self.level]
            and (self.pattern is None or self.pattern.search(as_text(line.fields)) is not None)
        )


def moment(text: str, now: dt.datetime) -> dt.datetime:
    """Returns the moment that `10m` or `2026-11-21T14:00:00Z` names. Raises LocalError."""
    if span := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return now - dt.timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        time = dt.datetime.fromisoformat(text)
        return time.astimezone()
    except (ValueError, OverflowError):
        raise LocalError(
            f"--since takes a time such as 30s, 10m, 2h or 1d before now, or 2026-11-21T14:00:00Z, not {text!r}."
        ) from None


def level(text: str) -> str:
    """Returns a level by its name in any case. Raises LocalError."""
    if text.upper() not in LEVELS:
        raise LocalError(f"--level takes one of {', '.join(LEVELS)}, not {text!r}.")
    return text.upper()


def pattern(text: str) -> re.Pattern[str]:
    """Returns a regular expression in which capitals do not count. Raises LocalError."""
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise LocalError(f"--grep takes a regular expression, not {text!r}: {error}.") from None
