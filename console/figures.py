"""Figures from the lines of the gateway and of all parts: rates, failures and percentiles, over time and by route."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from console.search import PERIODS
from console.store import Store

BUCKETS = 60
"""Points of a plot."""
WHOLE = "kind in ('request', 'event', 'published')"
"""The condition of the hops that are counted. The parts of a request are not: they are in its own line already."""
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of some hops."""

    name: str
    count: int
    refused: int
    """Answers 4xx."""
    failed: int
    """Answers 5xx, and events that could not be worked on."""
    p50: float
    p95: float
    p99: float
    rates: Sequence[int] = ()
    """Hops by bucket."""


@dataclass(kw_only=True)
class Bucket:
    """The figures of a stretch of time."""

    began: float
    count: int = 0
    refused: int = 0
    failed: int = 0
    durations: list[float] = field(default_factory=list)

    @property
    def percentiles(self) -> dict[str, float]:
        """The percentiles of the durations; nothing where there was no hop."""
        ordered = sorted(self.durations)
        return {name: percentile(ordered, share) for name, share in SHARES.items()} if ordered else {}


@dataclass(frozen=True, kw_only=True)
class Series:
    """Buckets of equal length, the last of which ends now."""

    seconds: float
    """The length of a bucket."""
    buckets: Sequence[Bucket]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least this share of the values does not exceed."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else 0.0


def window(store: Store, period: str, *, now: float | None = None) -> tuple[float, float]:
    """Returns begin and end of a period; `all` begins with the first line."""
    end = time.time() if now is None else now
    if seconds := PERIODS[period]:
        return end - seconds, end
    first = store.rows("select min(began) from lines where kind <> ''")[0][0]
    return min(first or end - 300, end - 300), end


def series(store: Store, period: str, *, route: str = "", part: str = "gateway", now: float | None = None) -> Series:
    """Returns the hops of a part over time, of all routes or of one.

    Buckets lie on whole multiples of their length, so that a plot does not flicker while time goes on.
    """
    start, end = window(store, period, now=now)
    seconds = (end - start) / BUCKETS
    first = math.floor(end / seconds) - BUCKETS + 1
    buckets = [Bucket(began=(first + number) * seconds) for number in range(BUCKETS)]
    query = f"select began, ms, status, level from lines where service = ? and {WHOLE} and began >= ?"  # noqa: S608
    values: list[object] = [part, buckets[0].began]
    if route:
        query, values = f"{query} and route = ?", [*values, route]
    for began, ms, status, level in store.rows(query, values):
        bucket = buckets[min(max(math.floor(began / seconds) - first, 0), BUCKETS - 1)]
        bucket.count += 1
        bucket.refused += status is not None and 400 <= status < 500
        bucket.failed += _failed(status, level)
        bucket.durations.append(ms or 0.0)
    return Series(seconds=seconds, buckets=buckets)


def by_route(store: Store, period: str) -> list[Figures]:
    """Returns the figures of each route of the gateway, the one with most requests first."""
    start, end = window(store, period)
    return _grouped(store, "route", "service = 'gateway' and kind = 'request'", start, end)


def by_part(store: Store, period: str) -> list[Figures]:
    """Returns the figures of each part."""
    start, end = window(store, period)
    return _grouped(store, "service", WHOLE, start, end)


def _grouped(store: Store, column: str, where: str, start: float, end: float) -> list[Figures]:
    query = f"""select {column} name, ms, status, level, began from lines
        where {where} and began >= ? order by {column}, ms"""  # noqa: S608 - own texts
    found = []
    width = (end - start) / 30
    for name, rows in groupby(store.rows(query, [start]), key=lambda row: row["name"]):
        count = refused = failed = 0
        durations: list[float] = []
        rates = [0] * 30
        for _, ms, status, level, began in rows:
            count += 1
            refused += status is not None and 400 <= status < 500
            failed += _failed(status, level)
            durations.append(ms or 0.0)
            rates[min(int((began - start) / width), 29)] += 1
        shares = {key: percentile(durations, share) for key, share in SHARES.items()}
        found.append(
            Figures(name=name or "none", count=count, refused=refused, failed=failed, rates=rates, **shares),
        )
    return sorted(found, key=lambda figures: -figures.count)


def _failed(status: int | None, level: str) -> bool:
    return level == "ERROR" if status is None else status >= 500
