"""Ties the log lines of one request together: the request id and the W3C trace context.

https://www.w3.org/TR/trace-context/ says how `traceparent` is read; level 1 headers are written.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(
    r"(?!ff|00.{54})[0-9a-f]{2}"  # ff is no version, 00 ends after 55 characters, later ones may go on
    r"-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_TRACESTATE_LENGTH, _TRACESTATE_MEMBERS = 512, 32
"""Characters and members of a `tracestate` that goes along: what every hop has to be able to pass on
(https://www.w3.org/TR/trace-context-2/#tracestate-limits)."""
_MEMBER = re.compile(
    r"([a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)


class Correlation(NamedTuple):
    """The ids of one request at one hop.

    `span_id` is this hop's own; `parent_id` is the caller's, empty in a new trace. `sampled` says whether the trace is
    recorded.
    """

    request_id: str
    trace_id: str
    span_id: str
    parent_id: str = ""
    sampled: bool = False
    tracestate: str = ""

    @property
    def traceparent(self) -> str:
        """The header `traceparent` for the next hop, and for the answer to the caller."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def of_call(self) -> Correlation:
        """Returns the correlation of one call out of several that this hop makes: it has a span of its own."""
        return self._replace(span_id=os.urandom(8).hex(), parent_id=self.span_id)

    def sampled_at(self, rate: float) -> Correlation:
        """Returns the correlation of a new trace that is sampled at `rate` (0 to 1) by its id.

        A trace that goes on stays as its caller decided.

        It works as OpenTelemetry's TraceIdRatioBased, but by the last 56 bits, which are the random ones
        (https://www.w3.org/TR/trace-context-2/#random-trace-id-flag).
        """
        if self.parent_id or int(self.trace_id[-14:], 16) >= rate * 2**56:
            return self
        return self._replace(sampled=True)


def accept(request_id: str | None, traceparent: str | None, tracestate: str | None = None) -> Correlation:
    """Returns the correlation that goes on from the headers.

    A value that is missing or not valid is replaced by a new one.
    """
    if request_id is None or REQUEST_ID.fullmatch(request_id) is None:
        request_id = os.urandom(16).hex()
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        random = os.urandom(24).hex()
        return Correlation(request_id, random[:32], random[32:])
    trace_id, parent_id, flags = match.groups()
    return Correlation(
        request_id, trace_id, os.urandom(8).hex(), parent_id, int(flags, 16) & 1 == 1, _readable(tracestate or "")
    )


def _readable(tracestate: str) -> str:
    """Returns the vendors' part of the trace context, or nothing of it when a part can't be read.

    https://www.w3.org/TR/trace-context/#tracestate-header
    """
    if not tracestate or len(tracestate) > _TRACESTATE_LENGTH:
        return ""
    members = [text for member in tracestate.split(",") if (text := member.strip(" \t"))]
    matches = [match for text in members if (match := _MEMBER.fullmatch(text))]
    distinct = {match[1] for match in matches}
    return tracestate if len(distinct) == len(members) <= _TRACESTATE_MEMBERS else ""
