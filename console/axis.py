"""A time axis that is cut: stretches in which nothing begins or ends are drawn shorter than they were.

Without it the seconds of a stream's poll and of a cold start would hide every hop of three milliseconds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

IDLE = 0.020
"""Seconds as which a longer stretch without any work is drawn."""
BUSY = 0.400
"""Seconds beyond which a stretch of work grows only by its logarithm."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A stretch that is drawn shorter."""

    at: float
    """The middle of what is drawn of it, as a share of the axis."""
    seconds: float
    idle: bool
    """True where nothing ran."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The axis of some intervals, from the begin of the first to the end of the last."""

    points: Sequence[float]
    """The moments at which something begins or ends, in their order."""
    places: Sequence[float]
    """The place of each, as a share of the axis from 0 to 1."""
    cuts: Sequence[Cut]

    def place(self, moment: float) -> float:
        """Returns where a moment lies, as a share of the axis."""
        index = min(max(bisect_right(self.points, moment) - 1, 0), max(len(self.points) - 2, 0))
        if len(self.points) < 2:
            return 0.0
        start, end = self.points[index], self.points[index + 1]
        share = (moment - start) / (end - start)
        left, right = self.places[index], self.places[index + 1]
        return min(max(left + (right - left) * share, 0.0), 1.0)


def axis(intervals: Iterable[tuple[float, float]]) -> Axis:
    """Returns the axis of intervals, each with its begin and its end."""
    known = list(intervals)
    points = sorted({moment for interval in known for moment in interval})
    drawn, cut = [0.0], []
    for start, end in pairwise(points):
        busy = any(began <= start and end <= ended for began, ended in known)
        length = _drawn(end - start, busy=busy)
        if length < end - start:
            cut.append((drawn[-1] + length / 2, end - start, not busy))
        drawn.append(drawn[-1] + length)
    whole = drawn[-1] or 1.0
    cuts = [Cut(at=place / whole, seconds=seconds, idle=idle) for place, seconds, idle in cut]
    return Axis(points=points, places=[place / whole for place in drawn[: len(points)]], cuts=cuts)


def _drawn(seconds: float, *, busy: bool) -> float:
    if not busy:
        return min(seconds, IDLE)
    return seconds if seconds <= BUSY else BUSY * (1 + math.log(seconds / BUSY))
