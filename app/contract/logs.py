"""Writes log lines: each is one JSON object, with the same members from every part of the system."""

from __future__ import annotations

import functools
import json
import time

_encode = json.JSONEncoder(separators=(",", ":")).encode

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def line(*, level: str, service: str, message: str, request_id: str = "", trace_id: str = "", **members: object) -> str:
    """Returns the line, ended by a newline. `members` that are None are left out; the others must be JSON values."""
    record: dict[str, object] = {
        "timestamp": timestamp(),
        "level": level,
        "service": service,
        "message": message,
        "request_id": request_id,
        "trace_id": trace_id,
    }
    record |= {name: value for name, value in members.items() if value is not None}
    return _encode(record) + "\n"


def timestamp() -> str:
    """Returns the present moment by RFC 3339, in UTC with microseconds."""
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1_000_000):06d}Z"


@functools.lru_cache(maxsize=1)
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
