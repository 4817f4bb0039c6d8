"""Ratios of two things that were measured in turn, so that what disturbs one soon disturbs the other as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A median, and the range of the middle nine tenths of `count` values: both ends of the range belong to it."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises ValueError without values."""
        if not values:
            raise ValueError("there is nothing to summarise")
        if len(values) == 1:
            return cls(median=values[0], low=values[0], high=values[0], count=1)
        cuts = quantiles(values, n=20, method="inclusive")
        return cls(median=median(values), low=cuts[0], high=cuts[-1], count=len(values))


def in_turn(pairs: int) -> Iterator[bool]:
    """A B B A A B B A ...: True for the first of the two. A drift of the machine hits both alike."""
    for number in range(pairs):
        yield from (True, False) if number % 2 == 0 else (False, True)


def measured(first: Callable[[], T], second: Callable[[], T], pairs: int) -> list[tuple[T, T]]:
    """Calls both in turn; each pair holds what the first and the second gave, whichever was called before."""
    firsts: list[T] = []
    seconds: list[T] = []
    for is_first in in_turn(pairs):
        if is_first:
            firsts.append(first())
        else:
            seconds.append(second())
    return list(zip(firsts, seconds, strict=True))


def ratio(pairs: Iterable[tuple[float, float]]) -> Spread:
    """Of the first to the second of each pair."""
    return Spread.of([first / second for first, second in pairs])
