"""Ratios of two sides that are measured in turn, so that a disturbance of the machine affects both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The median of `count` values, and the ends of the range that holds the middle nine tenths of them."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Returns the spread of the values. Raises ValueError when there are none."""
        if not values:
            raise ValueError("there is nothing to summarise")
        if len(values) == 1:
            return cls(median=values[0], low=values[0], high=values[0], count=1)
        cuts = quantiles(values, n=20, method="inclusive")
        return cls(median=median(values), low=cuts[0], high=cuts[-1], count=len(values))


def in_turn(pairs: int) -> Iterator[bool]:
    """Yields the order A B B A A B B A ..., as True for A. A steady drift of the machine affects both sides equally."""
    for number in range(pairs):
        yield from (True, False) if number % 2 == 0 else (False, True)


def measured(first: Callable[[], T], second: Callable[[], T], pairs: int) -> list[tuple[T, T]]:
    """Calls both in turn. Returns pairs of the results of `first` and `second`, whichever of them was called before."""
    firsts: list[T] = []
    seconds: list[T] = []
    for is_first in in_turn(pairs):
        if is_first:
            firsts.append(first())
        else:
            seconds.append(second())
    return list(zip(firsts, seconds, strict=True))


def ratio(pairs: Iterable[tuple[float, float]]) -> Spread:
    """Returns the spread of the first value of each pair divided by the second."""
    return Spread.of([first / second for first, second in pairs])
