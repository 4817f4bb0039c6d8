"""Log lines as people read them, with colours on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from rich.text import Text

_LEVELS = {"DEBUG": "dim", "INFO": "", "WARNING": "yellow", "ERROR": "bold red"}
_SERVICES = ("cyan", "green", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta", "bright_blue")
_SHOWN = {"timestamp", "service", "level", "message", "method", "route", "status", "duration_ms", "source", "_aws"}
"""Members that have a place of their own, and those that are meant for programs."""


def as_text(fields: Mapping[str, Any]) -> str:
    """Returns `10:04:31.123 orchestrator       INFO    request GET /users/{userId} 200 3.1 ms request_id=...`."""
    return " ".join(_parts(fields))


def coloured(fields: Mapping[str, Any]) -> Text:
    """Returns the same in colours: each service has its own, and so have levels that need a look."""
    time, service, level, rest = _parts(fields)
    style = _LEVELS.get(level.strip(), "")
    own = _SERVICES[crc32(service.encode()) % len(_SERVICES)]
    return Text(" ").join([Text(time, "dim"), Text(service, own), Text(level, style), Text(rest, style)])


def _parts(fields: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Returns time, service, level, and everything else."""
    time = str(fields.get("timestamp", ""))[11:23]
    route = str(fields.get("route") or "")
    method = [] if " " in route else [fields.get("method")]
    request = [str(value) for value in (*method, route, fields.get("status")) if value]
    took = fields.get("duration_ms")
    duration = [f"{took:.1f} ms"] if isinstance(took, int | float) else []
    others = [f"{key}={value}" for key, value in fields.items() if key not in _SHOWN and value not in (None, "")]
    rest = " ".join([str(fields.get("message", "")), *request, *duration, *others])
    return f"{time:<12}", f"{fields.get('service', '?'):<18}", f"{fields.get('level', ''):<7}", rest
