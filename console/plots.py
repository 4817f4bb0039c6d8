"""Plots as plain values in per cent of their area, which a template draws as SVG."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from console.figures import Bucket, Series

NOTHING = "-"
"""The text of a value that is not there."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line of a plot."""

    name: str
    paths: Sequence[str]
    """The stretches without a gap, each as points of SVG."""
    area: bool = False
    last: str = ""
    """The newest value, for the legend."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A stretch of time, with what it was like in words."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A plot of curves over time."""

    title: str
    summary: str
    """The plot in one sentence, for those who do not see it."""
    curves: Sequence[Curve]
    rows: Sequence[tuple[float, str]]
    """Lines across, each with its place from above and its label."""
    times: Sequence[tuple[float, str]]
    columns: Sequence[Column]


def rate(series: Series) -> Plot:
    """Returns the requests per second, and of these the refused and the failed ones."""
    per = {
        "all": [bucket.count / series.seconds for bucket in series.buckets],
        "4xx": [bucket.refused / series.seconds for bucket in series.buckets],
        "5xx": [bucket.failed / series.seconds for bucket in series.buckets],
    }
    most = max(*per["all"], 1e-9)
    step = _step(most)
    height = max(math.ceil(most / step), 1) * step
    rows = [(100 - value / height * 100, f"{value:g}") for value in _multiples(step, height)]
    curves = [
        _curve(
            name, series, values, lambda value: 100 - value / height * 100, f"{values[-1]:.2g}/s", area=name == "all"
        )
        for name, values in per.items()
    ]
    total = sum(bucket.count for bucket in series.buckets)
    failed = sum(bucket.failed for bucket in series.buckets)
    summary = f"{total} requests, {failed} of them failed; at most {most:.2g} a second."
    return _plot("Rate", summary, curves, rows, series)


def latency(series: Series) -> Plot:
    """Returns the percentiles of the durations on a logarithmic scale."""
    by_bucket = [bucket.percentiles for bucket in series.buckets]
    known = [value for values in by_bucket for value in values.values()]
    low = math.floor(math.log10(max(min(known, default=1.0), 0.1)))
    high = max(math.ceil(math.log10(max(max(known, default=100.0), 0.1))), low + 1)

    def place(value: float) -> float:
        share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return 100 - share * 100

    rows = [(place(10.0**power), duration(10.0**power)) for power in range(low, high + 1)]
    curves = []
    for name in ("p50", "p95", "p99"):
        values = [each.get(name) for each in by_bucket]
        newest = next((value for value in reversed(values) if value is not None), None)
        curves.append(_curve(name, series, values, place, duration(newest) if newest is not None else NOTHING))
    longest = max((each["p99"] for each in by_bucket if each), default=0.0)
    return _plot("Duration", f"The longest p99 of a bucket is {duration(longest)}.", curves, rows, series)


def failures(series: Series) -> Plot:
    """Returns the share of the requests that failed or were refused, in per cent."""

    def share(value: Callable[[Bucket], int]) -> list[float | None]:
        return [value(bucket) / bucket.count * 100 if bucket.count else None for bucket in series.buckets]

    values = {"4xx": share(lambda bucket: bucket.refused), "5xx": share(lambda bucket: bucket.failed)}
    most = max((value for each in values.values() for value in each if value is not None), default=0.0)
    height = next((bound for bound in (1, 5, 10, 25, 50) if most <= bound), 100)
    curves = []
    for name, each in values.items():
        newest = next((value for value in reversed(each) if value is not None), None)
        last = f"{newest:.1f} %" if newest is not None else NOTHING
        curves.append(_curve(name, series, each, lambda value: 100 - value / height * 100, last))
    rows = [(100 - value / height * 100, f"{value:g} %") for value in (0, height / 2, height)]
    return _plot("Errors", f"At most {most:.1f} per cent of a bucket.", curves, rows, series)


def duration(ms: float | None) -> str:
    """Returns milliseconds for people: `0.85 ms`, `12 ms`, `1.20 s`, `2 min 5 s`."""
    if ms is None:
        return NOTHING
    if ms < 10:
        return f"{ms:.2g} ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.3g} s"
    return f"{ms // 60_000:.0f} min {ms % 60_000 / 1000:.0f} s"


def spark(values: Sequence[int]) -> str:
    """Returns a small line of values as points of SVG in a field of 100 by 20."""
    most = max(values, default=0) or 1
    width = 100 / max(len(values) - 1, 1)
    return " ".join(f"{number * width:.1f},{19 - value / most * 18:.1f}" for number, value in enumerate(values))


def _curve(
    name: str,
    series: Series,
    values: Iterable[float | None],
    place: Callable[[float], float],
    last: str,
    *,
    area: bool = False,
) -> Curve:
    width = 100 / len(series.buckets)
    paths: list[list[str]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            paths.append([])
        else:
            paths[-1].append(f"{(number + 0.5) * width:.2f},{place(value):.2f}")
    # A point that stands alone becomes a short stroke: a line of one point is not drawn.
    drawn = [path if len(path) > 1 else [*path, _beside(path[0])] for path in paths if path]
    return Curve(name=name, paths=[" ".join(path) for path in drawn], area=area, last=last)


def _beside(point: str) -> str:
    x, y = point.split(",")
    return f"{float(x) + 0.4:.2f},{y}"


def _plot(title: str, summary: str, curves: Sequence[Curve], rows: Sequence[tuple[float, str]], series: Series) -> Plot:
    width = 100 / len(series.buckets)
    columns = [
        Column(x=number * width, width=width, text=_words(bucket)) for number, bucket in enumerate(series.buckets)
    ]
    marks = range(0, len(series.buckets) * 9 // 10, len(series.buckets) // 5)
    times = [(number * width, clock(series.buckets[number].began, series.seconds)) for number in marks]
    return Plot(title=title, summary=summary, curves=curves, rows=rows, times=times, columns=columns)


def _words(bucket: Bucket) -> str:
    when = dt.datetime.fromtimestamp(bucket.began, dt.UTC)
    numbers = f"{bucket.count} requests, {bucket.refused} 4xx, {bucket.failed} 5xx"
    durations = [f"{name} {duration(value)}" for name, value in bucket.percentiles.items()]
    return f"{when:%H:%M:%S}: {', '.join([numbers, *durations])}"


def clock(moment: float, seconds: float) -> str:
    """Returns the time of a mark, as exact as buckets of that length need it."""
    when = dt.datetime.fromtimestamp(moment, dt.UTC)
    if seconds >= 3600:
        return f"{when:%d %b}"
    return f"{when:%H:%M:%S}" if seconds < 10 else f"{when:%H:%M}"


def _step(most: float) -> float:
    """Returns the distance of lines across, so that there are three to five: 1, 2 or 5 times a power of ten."""
    power: float = 10.0 ** math.floor(math.log10(most))
    return next(factor * power for factor in (0.25, 0.5, 1.0, 2.5) if most / (factor * power) <= 4)


def _multiples(step: float, height: float) -> list[float]:
    return [round(number * step, 6) for number in range(round(height / step) + 1)]
