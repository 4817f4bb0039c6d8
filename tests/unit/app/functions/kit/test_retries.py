import time

import pytest

from app.functions.kit.retries import ATTEMPTS, BUDGET, Retries


@pytest.fixture
def slept():
    return []


@pytest.fixture
def retries(slept):
    return Retries(sleep=slept.append, uniform=lambda _, high: high)


def far() -> float:
    return time.monotonic() + 100


def test_pauses_grow_and_attempts_end(retries, slept):
    assert [retries.pause(attempts, deadline=far()) for attempts in range(1, ATTEMPTS + 1)] == [True, True, False]
    assert slept == [0.1, 0.2]


def test_the_upstreams_wish_is_kept(retries, slept):
    assert retries.pause(1, deadline=far(), at_least=2)
    assert slept == [2]


@pytest.mark.parametrize("at_least", [0.0, 1.0])
def test_nothing_is_started_that_would_pass_the_deadline(retries, slept, at_least):
    assert not retries.pause(1, deadline=time.monotonic() + max(at_least, 0.1), at_least=at_least)
    assert slept == []


def test_an_outage_adds_a_tenth_of_the_calls(retries):
    calls = 1000
    repeated = 0
    for _ in range(calls):
        retries.earn()
        repeated += sum(retries.pause(attempts, deadline=far()) for attempts in (1, 2))

    assert calls * 0.1 - 1 <= repeated <= calls * 0.1 + BUDGET


def test_an_idle_time_does_not_save_up_more_than_the_budget(retries):
    for _ in range(1000):
        retries.earn()
    assert sum(retries.pause(1, deadline=far()) for _ in range(100)) == BUDGET
