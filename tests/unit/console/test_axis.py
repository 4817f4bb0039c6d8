"""The cut time axis: idle time shrinks, the order stays, and short hops stay visible."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.axis import BUSY, IDLE, axis


def test_time_without_a_gap_is_drawn_as_it_was() -> None:
    drawn = axis([(0.0, 0.1), (0.02, 0.05)])
    assert [drawn.place(moment) for moment in (0.0, 0.02, 0.05, 0.1)] == pytest.approx([0.0, 0.2, 0.5, 1.0])
    assert drawn.cuts == []


def test_idle_time_shrinks_and_says_how_long_it_was() -> None:
    drawn = axis([(0.0, 0.01), (10.01, 10.02)])
    assert drawn.place(10.01) - drawn.place(0.01) == pytest.approx(IDLE / (0.02 + IDLE))
    (cut,) = drawn.cuts
    assert (cut.idle, cut.seconds) == (True, pytest.approx(10.0))


def test_a_long_stretch_of_work_grows_by_its_logarithm() -> None:
    drawn = axis([(0.0, 4.0), (0.0, 0.4)])
    busy = BUSY * (1 + math.log(3.6 / BUSY))
    assert drawn.place(0.4) == pytest.approx(0.4 / (0.4 + busy))
    (cut,) = drawn.cuts
    assert not cut.idle


def test_three_milliseconds_are_seen_beside_ten_seconds() -> None:
    drawn = axis([(0.0, 0.003), (10.0, 10.003)])
    assert drawn.place(0.003) > 0.1


@pytest.mark.parametrize("intervals", [[], [(1.0, 1.0)]])
def test_nothing_and_a_moment_have_an_axis(intervals: list[tuple[float, float]]) -> None:
    assert axis(intervals).place(1.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 100)), min_size=1, max_size=20))
def test_the_order_of_time_is_kept(pairs: list[tuple[float, float]]) -> None:
    intervals = [(began, began + length) for began, length in pairs]
    drawn = axis(intervals)
    moments = sorted(moment for interval in intervals for moment in interval)
    places = [drawn.place(moment) for moment in moments]
    assert all(0 <= place <= 1 for place in places)
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(places))
