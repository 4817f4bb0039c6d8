import time

import pytest

from app.contract.backoff import Backoff, fits


@pytest.mark.parametrize(("bound", "expected"), [(0, [0, 0, 0, 0]), (1, [2, 4, 8, 10])])
def test_pauses_double_up_to_the_longest_and_are_random_from_nothing_on(bound, expected):
    backoff = Backoff(first=2, longest=10, uniform=lambda low, high: (low, high)[bound])

    assert [backoff.seconds(attempt) for attempt in (1, 2, 3, 4)] == expected


def test_a_share_of_the_pause_may_be_fixed():
    backoff = Backoff(first=2, fixed=0.5, uniform=lambda low, _: low)

    assert [backoff.seconds(attempt) for attempt in (1, 2, 3)] == [1, 2, 4]


def test_any_number_of_attempts_has_a_pause():
    assert Backoff(first=0.1, longest=5, uniform=lambda _, high: high).seconds(10_000) == 5


def test_a_pause_that_would_pass_the_deadline_is_not_made():
    slept: list[float] = []
    backoff = Backoff(first=1, sleep=slept.append, uniform=lambda _, high: high)

    assert not backoff.pause(1, deadline=time.monotonic() + 0.9)
    assert not backoff.pause(1, deadline=time.monotonic() + 1.5, reserve=0.6)
    assert slept == []
    assert backoff.pause(1, deadline=time.monotonic() + 1.5, reserve=0.4)
    assert slept == [1]


def test_a_pause_fits_when_the_deadline_is_later():
    assert fits(0, deadline=time.monotonic() + 1)
    assert not fits(0, deadline=time.monotonic() - 1)
