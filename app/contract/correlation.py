"""What ties the log lines of one request together: the request id and the W3C trace context.

https://www.w3.org/TR/trace-context/ says how `traceparent` is read; level 1 headers are written.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACESTATE = re.compile(r"[\x20-\x7e\t]{1,512}")


class Correlation(NamedTuple):
    """`span_id` is this hop's own; `parent_id` the caller's, empty in a new trace; `sampled` is the caller's choice."""

    request_id: str
    trace_id: str
    span_id: str
    parent_id: str = ""
    sampled: bool = False
    tracestate: str = ""

    @property
    def traceparent(self) -> str:
        """The header for the next hop, and the answer to the caller."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def accept(request_id: str | None, traceparent: str | None, tracestate: str | None = None) -> Correlation:
    """Continues what the headers carry; a value that is missing or not valid is replaced by a new one."""
    if request_id is None or REQUEST_ID.fullmatch(request_id) is None:
        request_id = os.urandom(16).hex()
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or not _valid(found):
        return Correlation(request_id, os.urandom(16).hex(), os.urandom(8).hex())
    if tracestate is None or _TRACESTATE.fullmatch(tracestate) is None:
        tracestate = ""
    sampled = bool(int(found[4], 16) & 1)
    return Correlation(request_id, found[2], os.urandom(8).hex(), found[3], sampled, tracestate)


def _valid(found: re.Match[str]) -> bool:
    version, trace_id, parent_id, _, rest = found.groups()
    known = rest is None if version == "00" else version != "ff"
    return known and trace_id.strip("0") != "" and parent_id.strip("0") != ""
