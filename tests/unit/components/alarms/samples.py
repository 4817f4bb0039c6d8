"""Values of metrics over time, as something publishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MINUTE = 60
"""Seconds of a minute."""
HOUR = 60 * MINUTE
"""Seconds of an hour."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric as the cloud that keeps it tells it from others."""

    namespace: str
    """The namespace at CloudWatch, or the id of the resource at Azure."""
    name: str
    """The metric's name."""
    dimensions: frozenset[tuple[str, str]] = frozenset()
    """The names and values of all dimensions."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A value that was published once."""

    at: float
    """The moment, in seconds from the beginning of the story."""
    value: float
    """The value, in the metric's unit."""


Samples = Sequence[Sample]
Published = Mapping[Metric, Samples]


def at(*minutes: float, value: float = 1) -> list[Sample]:
    """Returns one sample for each of the minutes."""
    return [Sample(at=minute * MINUTE, value=value) for minute in minutes]


def every(seconds: float, *, first: float, last: float, values: Sequence[float] = (1,)) -> list[Sample]:
    """Returns a sample every `seconds` from one minute until before another, whose values come in turn."""
    count = int((last - first) * MINUTE / seconds)
    return [Sample(at=first * MINUTE + n * seconds, value=values[n % len(values)]) for n in range(count)]


def rising(*, first: float, last: float, start: float = 0, per_second: float = 1) -> list[Sample]:
    """Returns a sample every minute from one minute until before another; the value grows all the time."""
    return [
        Sample(at=sample.at, value=start + (sample.at - first * MINUTE) * per_second)
        for sample in every(MINUTE, first=first, last=last)
    ]


def within(samples: Samples, start: float, end: float) -> list[float]:
    """Returns the values from one moment until before another."""
    return [sample.value for sample in samples if start <= sample.at < end]
