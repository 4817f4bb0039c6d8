"""The spans that the collector of a local stack has kept, and what is true of every trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telemetry.place import store_file
from telemetry.span import Span
from telemetry.store import find
from tests.support.stack import Stack
from tests.support.waiting import eventually

TOLERANCE = 5_000_000
"""Nanoseconds by which a span may begin before the one that it is a part of, or end after it: the clocks of processes
are read one after the other."""


def kept(stack: Stack, id_: str) -> list[Span]:
    """Returns the spans of a request, a trace or an order that have come until now."""
    return find(store_file(stack.machine), id_)


def collected(stack: Stack, id_: str, *, complete: Callable[[Sequence[Span]], bool]) -> list[Span]:
    """Waits until the spans of an id are complete, and returns them: services send theirs every two seconds."""

    def looked() -> list[Span] | None:
        spans = kept(stack, id_)
        return spans if spans and complete(spans) and not missing_parents(spans) else None

    return eventually(looked, what=f"the spans of {id_}")


def missing_parents(spans: Sequence[Span], *, caller: str = "") -> list[Span]:
    """Returns the spans whose parent is no span of the trace, but for those of the gateway."""
    known = {span.span_id for span in spans} | {caller}
    return [span for span in spans if span.service != "gateway" and span.parent_id not in known]


def outside_their_parents(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Returns the spans that are not within their parents, with these.

    What events lead to may end later, and so may what a caller has given up.
    """
    by_id = {span.span_id: span for span in spans}
    found = []
    for span in spans:
        parent = by_id.get(span.parent_id)
        if parent is None:
            continue
        may_go_on = span.kind in ("CONSUMER", "PRODUCER") or parent.failed
        is_within = may_go_on or span.ended <= parent.ended + TOLERANCE
        if span.began < parent.began - TOLERANCE or not is_within:
            found.append((span, parent))
    return found


def way_up(span: Span, spans: Sequence[Span]) -> list[str]:
    """Returns the parts and kinds from a span up to the first one: `users CLIENT`, `users SERVER`, ..."""
    by_id = {each.span_id: each for each in spans}
    way = [f"{span.service} {span.kind}"]
    while (parent := by_id.get(span.parent_id)) is not None:
        way.append(f"{parent.service} {parent.kind}")
        span = parent
    return way
