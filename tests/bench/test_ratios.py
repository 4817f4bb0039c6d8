"""The arithmetic of the benchmarks. Nothing is measured here."""

import pytest

from tests.bench.ratios import Spread, in_turn, measured, ratio


def test_sides_are_in_turn_so_that_a_drift_hits_both_alike() -> None:
    order = "".join("A" if first else "B" for first in in_turn(4))
    assert order == "ABBAABBA"


def test_pairs_hold_what_each_side_gave_whichever_was_called_first() -> None:
    clock = iter(range(100))
    pairs = measured(lambda: ("A", next(clock)), lambda: ("B", next(clock)), 3)
    assert pairs == [(("A", 0), ("B", 1)), (("A", 3), ("B", 2)), (("A", 4), ("B", 5))]


def test_a_steady_drift_of_the_machine_leaves_the_ratio_as_it_is() -> None:
    """One side takes twice as long, and everything gets 2 % slower with each measurement."""
    slower = (1.02**n for n in range(1000))
    spread = ratio(measured(lambda: 2 * next(slower), lambda: next(slower), 40))
    assert spread.median == pytest.approx(2.0, rel=1e-3)
    assert spread.count == 40


def test_one_disturbed_pair_changes_the_range_and_not_the_median() -> None:
    spread = ratio([(0.8, 1.0)] * 10 + [(9.0, 1.0)])
    assert spread.median == 0.8
    assert spread.low == 0.8
    assert spread.high > 0.8


def test_spread_is_the_middle_nine_tenths() -> None:
    assert Spread.of([float(n) for n in range(101)]) == Spread(median=50, low=5, high=95, count=101)
    assert Spread.of([3.0]) == Spread(median=3, low=3, high=3, count=1)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to summarise"):
        Spread.of([])
