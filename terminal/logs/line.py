"""One line of a log. Some are JSON objects; any other, such as a part of a stack trace, is made one."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ENVOYS = ("gateway", "ingress")
"""Services that give the time at which a request began. Others log it at its end, with its duration."""
UNKNOWN = dt.datetime.min.replace(tzinfo=dt.UTC)
"""The time of a line that has none, and no line before it either."""

_STAMP = re.compile(r"^\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)([.,])(\d{3})")
"""The time at the beginning of a line. Python writes a comma, and the machine's own time; others write UTC."""
_LEVEL = re.compile(r"\b(debug|info|warning|warn|error|critical|fatal|panic)\b", re.IGNORECASE)
_LEVELS = {"WARN": "WARNING", "CRITICAL": "ERROR", "FATAL": "ERROR", "PANIC": "ERROR"}
_HEAD = 80
"""Characters of a line among which its level is looked for."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A log line."""

    fields: Mapping[str, Any]
    """Its members. Each line has `source`, the file that it stands in, and `message`."""
    began: dt.datetime
    """The moment at which what it tells of began."""
    written: dt.datetime
    """The moment at which it was written, or the line before it where it does not say so."""

    @property
    def service(self) -> str:
        return str(self.fields.get("service", "?"))


@dataclass(kw_only=True)
class Reader:
    """Reads the lines of one file in their order: what a line does not say it has from the lines before it."""

    source: str
    service: str
    """The name of the process, for lines that do not say it."""
    pod: str = ""
    _last: dt.datetime = field(default=UNKNOWN, init=False)
    _in_trace: bool = field(default=False, init=False)

    def read(self, text: str) -> Line:
        """Returns the next line of the file."""
        text = text.rstrip("\n")
        pod = {"pod": self.pod} if self.pod else {}
        fields = _parsed(text) or {"service": self.service, "message": text, **pod}
        if "timestamp" in fields:
            self._last = _time(fields["timestamp"]) or self._last
        elif stamp := _stamp(text):
            self._last = stamp
            fields["timestamp"] = stamp.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        if "level" not in fields:
            fields["level"] = self._level(str(fields.get("message", "")))
        return Line(fields={**fields, "source": self.source}, began=_began(fields, self._last), written=self._last)

    def _level(self, message: str) -> str:
        """Returns the level of a line that is no JSON: ERROR for every line of a stack trace, to its last."""
        if message.endswith("Traceback (most recent call last):"):
            self._in_trace = True
            return "ERROR"
        if self._in_trace:
            self._in_trace = not message or message[0].isspace()
            return "ERROR"
        match = _LEVEL.search(message[:_HEAD])
        level = match[1].upper() if match else "INFO"
        return _LEVELS.get(level, level)


def _parsed(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return line


def _time(text: object) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _stamp(text: str) -> dt.datetime | None:
    if not (match := _STAMP.match(text)):
        return None
    time = dt.datetime.fromisoformat(f"{match[1]}T{match[2]}.{match[4]}")
    return time.astimezone() if match[3] == "," else time.replace(tzinfo=dt.UTC)


def _began(fields: Mapping[str, Any], written: dt.datetime) -> dt.datetime:
    if fields.get("service") in ENVOYS or written == UNKNOWN:
        return written
    try:
        return written - dt.timedelta(milliseconds=float(fields.get("duration_ms") or 0))
    except (TypeError, ValueError, OverflowError):
        return written
