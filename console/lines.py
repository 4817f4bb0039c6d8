"""Reads one line of any log file of the local stack: JSON of the system's own parts, text of the others."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVOY = ("gateway", "ingress")
"""Services whose lines tell of Envoy: their time is the begin of a request. That of all others is its end, unless the
line has a member `began`."""
PART = "part"
"""The message of the line of one call out of several that a request needs."""
HOPS = frozenset({"request", "event", "published", PART})
"""Messages of the lines that tell of work with a begin and an end: hops of a request."""
LONGEST = 4096
"""Characters of a text that is no JSON; the rest is cut off."""
MOST_MS = 365 * 24 * 3600 * 1000.0
"""Milliseconds of a year: nothing takes longer."""
_LEVELS = {"debug": "DEBUG", "info": "INFO", "notice": "INFO", "warn": "WARNING", "warning": "WARNING"}
_FAILURES = ("ERROR", "CRITICAL", "FATAL", "PANIC")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?)(Z| UTC)?")
_LEVEL = re.compile(r"\b(debug|info|notice|warn|warning|error|critical|fatal|panic|log)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a log file. Times are seconds since the epoch."""

    file: str
    """The file's path below the folder of the logs."""
    began: float
    ended: float
    ms: float | None = None
    """The duration in milliseconds, for a hop."""
    service: str
    level: str
    kind: str = ""
    """The message of a hop's line; empty for any other line."""
    message: str = ""
    route: str = ""
    status: int | None = None
    request_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    parent_id: str = ""
    order_id: str = ""
    text: str
    """The whole line, without the members that say which of its numbers are metrics."""


def parse(file: str, text: str, *, before: float) -> Line:
    """Returns the line. One that has no time gets that of the line before it."""
    if text.startswith("{"):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            return _structured(file, content, before)
    return _plain(file, text, before)


def _structured(file: str, content: dict[str, Any], before: float) -> Line:
    content.pop("_aws", None)
    service = _text(content.get("service")) or owner(file)
    time = _moment(content.get("timestamp"), before)
    ms = _number(content.get("duration_ms", content.get("upstream_ms")))
    seconds = (ms or 0.0) / 1000
    began = time if service in ENVOY else _moment(content.get("began"), time - seconds)
    message = _text(content.get("message"))
    is_hop = message in HOPS and ms is not None
    status = content.get("status")
    is_status = isinstance(status, int) and not isinstance(status, bool) and 0 <= status < 1000
    return Line(
        file=file,
        began=began,
        ended=began + seconds,
        ms=ms if is_hop else None,
        service=service,
        level=_text(content.get("level")).upper() or "INFO",
        kind=message if is_hop else "",
        message=message,
        route=_route(content),
        status=status if is_status else None,
        **{name: _text(content.get(name)) for name in ("request_id", "trace_id", "span_id", "parent_id", "order_id")},
        text=_storable(json.dumps(content, ensure_ascii=False)),
    )


def _plain(file: str, text: str, before: float) -> Line:
    match = _TIME.search(text[:80])
    time = _moment(match[1].replace(",", ".") + ("+00:00" if match[2] else ""), before) if match else before
    found = _LEVEL.search(text[:120])
    word = found[1].lower() if found else ""
    level = "ERROR" if word.upper() in _FAILURES else _LEVELS.get(word, "INFO")
    return Line(
        file=file,
        began=time,
        ended=time,
        service=owner(file),
        level=level,
        message=text[:LONGEST],
        text=text[:LONGEST],
    )


def owner(file: str) -> str:
    """Returns the part that writes a file: `pods/users-80fdda7f48-m2lj8.log` is one of `users`."""
    path = Path(file)
    return path.stem.rsplit("-", 2)[0] if path.parent.name == "pods" else path.stem


def _route(content: dict[str, Any]) -> str:
    """Returns `GET /users/{userId}`.

    The ingress's routes have names of their own, so there it is the path. A part is named by its service and by what
    that gives to the answer: `billing: invoices`.
    """
    if content.get("message") == PART:
        return f"{_text(content.get('upstream'))}: {_text(content.get('part'))}"
    route, method = _text(content.get("route")), _text(content.get("method"))
    if content.get("service") == "ingress":
        return f"{method} {_text(content.get('path'))}".strip()
    if route and " " not in route:
        return f"{method} {route}".strip()
    return route or _text(content.get("type")) or _text(content.get("upstream"))


def _moment(value: object, otherwise: float) -> float:
    """Returns seconds since the epoch. A time without an offset is the machine's local one."""
    try:
        return dt.datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError):
        return otherwise


def _number(value: object) -> float | None:
    """Returns a duration; None where there is none, or one of more than a year."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < MOST_MS else None


def _text(value: object) -> str:
    return "" if value is None else _storable(str(value))


def _storable(text: str) -> str:
    """Returns a text with `?` for each half of a surrogate pair, which JSON can name and no file can hold."""
    return text.encode(errors="replace").decode()
