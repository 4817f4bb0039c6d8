"""Writes log lines: each is one JSON object, with the same members from every part of the system.

Writing a line never raises and never makes one longer than LONGEST, whatever a caller sent or an error repeats.
"""

from __future__ import annotations

import functools
import json
import time

LONGEST = 16 * 1024
"""Bytes of a line at most. Its longest texts are cut to fit: a line tells what happened, and is no place for a body."""
_SHORT = 64
"""Characters of a text that is not cut any more: ids, names and levels stay whole."""

_encode = json.JSONEncoder(separators=(",", ":"), default=repr).encode

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def line(
    *,
    level: str,
    service: str,
    message: str,
    request_id: str = "",
    trace_id: str = "",
    last: str = "",
    **members: object,
) -> str:
    """Returns the line, ended by a newline. `members` that are None are left out.

    `last` is the last member, if there is one more, as JSON text: `"name":value`. It is never shortened.
    """
    record: dict[str, object] = {
        "timestamp": timestamp(),
        "level": level,
        "service": service,
        "message": message,
        "request_id": request_id,
        "trace_id": trace_id,
    }
    record |= {name: value for name, value in members.items() if value is not None}
    tail = f",{last}}}\n" if last else "}\n"
    text, limit = _encode(record), LONGEST + 2 - len(tail)
    if len(text) >= limit:
        text = _encode(_shortened(record, limit))
    return text[:-1] + tail


def _shortened(record: dict[str, object], limit: int) -> dict[str, object]:
    """Returns the record, of which the text that takes most bytes has been halved until its JSON is below the limit."""
    texts = {name: value for name, value in record.items() if isinstance(value, str)}
    while len(_encode({**record, **texts})) >= limit:
        name = max(texts, key=lambda each: len(_encode(texts[each])))
        if len(texts[name]) <= _SHORT:
            break
        texts[name] = f"{texts[name][: len(texts[name]) // 2 - 1]}…"
    return {**record, **texts}


def timestamp() -> str:
    """Returns the present moment by RFC 3339, in UTC with microseconds."""
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1_000_000):06d}Z"


@functools.lru_cache(maxsize=1)
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
