"""The hops of a request as a tree: which one called which, as far as their lines say it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from console.lines import ENVOY, PODS
from console.store import Row, Store

TOLERANCE = 0.006
"""Seconds by which a hop may stick out of the one that called it: Envoy counts whole milliseconds, the rest is the
time between two readings of the clock."""


@dataclass(frozen=True, kw_only=True)
class Hop:
    """The work of one part on a request. Times are seconds since the epoch."""

    id: int
    """The number of its line in the history."""
    file: str
    """The log file of its line, by its path below the folder of the logs."""
    service: str
    kind: str
    name: str
    status: int | None
    level: str
    began: float
    ended: float
    ms: float
    span_id: str
    parent_id: str
    request_id: str
    order_id: str
    text: str
    parent: int | None = None
    """The id of the hop that called it; None for the first one."""
    depth: int = 0

    @property
    def cloud(self) -> str:
        """The cloud of the part: ingress and pods run on Azure, gateway and functions on AWS."""
        return "Azure" if self.service == "ingress" or self.file.startswith(f"{PODS}/") else "AWS"

    @property
    def calls(self) -> list[str]:
        """The spans of the calls that it made, which have no line of their own; none for a request without spans."""
        return [str(id_) for id_ in json.loads(self.text)["calls"]] if '"calls": [' in self.text else []

    @property
    def failed(self) -> bool:
        return self.level == "ERROR" or (self.status or 0) >= 500


def of_request(store: Store, request_id: str) -> list[Hop]:
    """Returns the hops of the lines with this request id, each after the one that called it."""
    return _tree(store.rows("select * from lines where request_id = ? and kind <> '' order by began", [request_id]))


def of_trace(store: Store, trace_id: str) -> list[Hop]:
    """Returns the hops of a trace, which may hold several requests."""
    return _tree(store.rows("select * from lines where trace_id = ? and kind <> '' order by began", [trace_id]))


def of_order(store: Store, order_id: str) -> list[Hop]:
    """Returns the hops of all requests that had to do with an order's events."""
    query = """select * from lines where kind <> '' and request_id in
        (select request_id from lines where order_id = ? and request_id <> '') order by began"""
    return _tree(store.rows(query, [order_id]))


def _tree(rows: Sequence[Row]) -> list[Hop]:
    hops = [_hop(row) for row in rows]
    by_span = {hop.span_id: hop for hop in hops if hop.span_id}
    by_span |= {span_id: hop for hop in hops for span_id in hop.calls}
    fronts = [hop for hop in hops if hop.service in ENVOY]
    parents: dict[int, int | None] = {}
    for hop in hops:
        parent = _parent(hop, by_span, fronts)
        parents[hop.id] = None if parent is None or _leads_to(hop.id, parent.id, parents) else parent.id
    children: dict[int | None, list[Hop]] = defaultdict(list)
    for hop in hops:
        children[parents[hop.id]].append(replace(hop, parent=parents[hop.id]))
    return list(_walk(None, children, 0))


def _leads_to(goal: int, start: int | None, parents: Mapping[int, int | None]) -> bool:
    """Says whether a hop is above another one already: callers choose ids, so lines may name each other as parents."""
    while start is not None and start != goal:
        start = parents.get(start)
    return start == goal


def _parent(hop: Hop, by_span: dict[str, Hop], fronts: Iterable[Hop]) -> Hop | None:
    """Returns the hop that called this one.

    Where spans are sent, Envoy has one. Elsewhere what it passed on names the same parent as its own line, and lies
    within its time.
    """
    around = [front for front in fronts if _passed_on(front, hop)]
    if around:
        return max(around, key=lambda front: front.began)
    return by_span.get(hop.parent_id)


def _passed_on(front: Hop, hop: Hop) -> bool:
    if front.service == hop.service or hop.kind != "request" or front.request_id != hop.request_id:
        return False
    if (front.service == "gateway") != (hop.cloud == "AWS"):
        return False
    same = front.parent_id == hop.parent_id or not hop.parent_id
    return same and front.began - TOLERANCE <= hop.began and hop.ended <= front.ended + TOLERANCE


def _walk(parent: int | None, children: dict[int | None, list[Hop]], depth: int) -> Iterator[Hop]:
    for hop in children[parent]:
        yield replace(hop, depth=depth)
        yield from _walk(hop.id, children, depth + 1)


def _hop(row: Row) -> Hop:
    names = ("id", "file", "service", "kind", "status", "level", "began", "ended", "span_id", "parent_id", "request_id")
    return Hop(**{name: row[name] for name in (*names, "order_id", "text")}, name=row["route"], ms=row["ms"] or 0.0)
