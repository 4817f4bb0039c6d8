"""Draws the hops of a request: a waterfall over a cut time axis, and a way from part to part through both clouds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.axis import Axis, Cut, axis
from console.hops import Hop
from console.plots import duration

NARROWEST = 0.25
"""Per cent of the axis that a bar has at least."""
NEAR = 9.0
"""Per cent of the axis between two marks of time at least."""
ROW, PILL, LEFT, TOP = 34, 22, 96, 14
"""Pixels of the way: between two parts, of a hop's height, of the names' column, above the rows."""
STEPS, ROOM = (48, 72), 912
"""The least and the most pixels between two hops, and the room that they share."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A hop with its place, in per cent of the axis."""

    hop: Hop
    left: float
    width: float
    offset: str
    """The time since the first hop began."""
    length: str

    @property
    def is_late(self) -> bool:
        """Says whether the bar's label goes to its left, because there is no place to its right."""
        return self.left + self.width > 86


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """The bars, the stretches that are drawn shorter, and marks of time."""

    bars: Sequence[Bar]
    cuts: Sequence[Cut]
    marks: Sequence[tuple[float, str]]
    total: str
    parts: Sequence[str]

    @property
    def failed(self) -> int:
        return sum(bar.hop.failed for bar in self.bars)


def waterfall(hops: Sequence[Hop]) -> Waterfall:
    """Returns the waterfall of hops, which are in the order of their tree."""
    shared = axis((hop.began, hop.ended) for hop in hops)
    start = min((hop.began for hop in hops), default=0.0)
    end = max((hop.ended for hop in hops), default=0.0)
    bars = []
    for hop in hops:
        left, right = shared.place(hop.began) * 100, shared.place(hop.ended) * 100
        width = max(right - left, NARROWEST)
        bars.append(
            Bar(
                hop=hop,
                left=min(left, 100 - width),
                width=width,
                offset=f"+{duration((hop.began - start) * 1000)}" if hop.began > start else "0",
                length=duration(hop.ms),
            )
        )
    parts = list(dict.fromkeys(hop.service for hop in sorted(hops, key=lambda hop: hop.began)))
    return Waterfall(
        bars=bars,
        cuts=shared.cuts,
        marks=_marks(shared, start),
        total=duration((end - start) * 1000),
        parts=parts,
    )


def _marks(shared: Axis, start: float) -> list[tuple[float, str]]:
    """Returns marks of time where something begins or ends, not too near to each other."""
    marks: list[tuple[float, str]] = []
    for point, place in zip(shared.points, shared.places, strict=True):
        if place * 100 <= 96 and (not marks or place * 100 - marks[-1][0] >= NEAR):
            marks.append((place * 100, duration((point - start) * 1000) if point > start else "0"))
    return marks


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A hop on the way, in pixels."""

    hop: Hop
    x: float
    y: float
    length: str


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The row of a part."""

    part: str
    cloud: str
    y: float
    failed: bool


@dataclass(frozen=True, kw_only=True)
class Band:
    """The rows of a cloud."""

    cloud: str
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way from part to part, in the order of time; how long a hop took is a number on it."""

    stops: Sequence[Stop]
    lanes: Sequence[Lane]
    bands: Sequence[Band]
    paths: Sequence[str]
    width: float
    height: float
    pill: tuple[float, float]
    left: int = LEFT


def way(hops: Sequence[Hop]) -> Way:
    """Returns the way of hops, with the parts on AWS above those on Azure."""
    ordered = sorted(hops, key=lambda hop: hop.began)
    clouds: dict[str, str] = {}
    for hop in ordered:
        clouds.setdefault(hop.service, hop.cloud)
    rows: dict[str, float] = {}
    bands: list[Band] = []
    y = float(TOP)
    for cloud in ("AWS", "Azure"):
        names = [part for part, where in clouds.items() if where == cloud]
        if names:
            bands.append(Band(cloud=cloud, y=y, height=len(names) * ROW + 8))
            rows |= {name: y + 4 + number * ROW + ROW / 2 for number, name in enumerate(names)}
            y += len(names) * ROW + 8 + 10
    failed = {hop.service for hop in ordered if hop.failed}
    step = min(max(ROOM / max(len(ordered), 1), STEPS[0]), STEPS[1])
    pill = (step - 5, float(PILL))
    lanes = [Lane(part=part, cloud=cloud, y=rows[part], failed=part in failed) for part, cloud in clouds.items()]
    stops = {
        hop.id: Stop(hop=hop, x=LEFT + 12 + number * step, y=rows[hop.service], length=duration(hop.ms))
        for number, hop in enumerate(ordered)
    }
    paths = [
        _path(stops[hop.parent], stops[hop.id], pill)
        for hop in ordered
        if hop.parent is not None and hop.parent in stops
    ]
    return Way(
        stops=list(stops.values()),
        lanes=lanes,
        bands=bands,
        paths=paths,
        width=LEFT + 20 + len(ordered) * step,
        pill=pill,
        height=y,
    )


def _path(start: Stop, end: Stop, pill: tuple[float, float]) -> str:
    """Returns a line that leaves a hop below or above and enters the next one at its left edge."""
    x1, y1 = start.x + pill[0] / 2, start.y + (pill[1] / 2 if end.y > start.y else -pill[1] / 2)
    if start.y == end.y:
        return f"M{start.x + pill[0]},{start.y} L{end.x - 3},{end.y}"
    return f"M{x1},{y1} C{x1},{end.y} {x1},{end.y} {end.x - 3},{end.y}"
