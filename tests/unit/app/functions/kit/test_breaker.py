import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.kit.breaker import HORIZON, MINIMUM, PAUSE, PROBING, WINDOW, Breaker, CircuitOpenError


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def breaker(clock, told):
    return Breaker(on_transition=told.append, clock=clock)


def fail(breaker, times=1):
    for _ in range(times):
        breaker.record(breaker.admit(), failed=True)


def succeed(breaker, times=1):
    for _ in range(times):
        breaker.record(breaker.admit(), failed=False)


def wait(breaker) -> int:
    with pytest.raises(CircuitOpenError) as caught:
        breaker.admit()
    return caught.value.retry_after


def test_it_opens_when_half_of_the_recent_calls_have_failed(breaker, told):
    succeed(breaker, 10)
    fail(breaker, 9)
    assert breaker.closed
    fail(breaker)

    assert not breaker.closed
    assert told == ["open"]


def test_every_other_failure_opens_it(breaker):
    for _ in range(MINIMUM // 2):
        succeed(breaker)
        fail(breaker)
    succeed(breaker)
    assert breaker.closed
    fail(breaker)
    assert not breaker.closed


def test_few_calls_prove_nothing(breaker):
    fail(breaker, MINIMUM - 1)
    assert breaker.closed
    fail(breaker)
    assert not breaker.closed


def test_calls_that_are_not_recent_do_not_count(breaker, clock):
    fail(breaker, MINIMUM - 1)
    clock.now += HORIZON
    fail(breaker, MINIMUM - 1)
    assert breaker.closed


def test_only_the_window_counts(breaker):
    succeed(breaker, 10 * WINDOW)
    fail(breaker, WINDOW // 2 - 1)
    assert breaker.closed
    fail(breaker)
    assert not breaker.closed


def test_while_it_is_open_calls_are_refused_with_the_time_that_is_left(breaker, clock):
    fail(breaker, MINIMUM)
    assert wait(breaker) == PAUSE
    clock.now += PAUSE - 0.5
    assert wait(breaker) == 1


def test_a_probe_that_succeeds_closes_it(breaker, clock, told):
    fail(breaker, MINIMUM)
    clock.now += PAUSE
    permit = breaker.admit()
    assert wait(breaker) == PROBING
    breaker.record(permit, failed=False)

    assert breaker.closed
    assert told == ["open", "half-open", "closed"]
    fail(breaker, MINIMUM - 1)  # what was before is forgotten
    assert breaker.closed


def test_a_probe_that_fails_opens_it_again(breaker, clock, told):
    fail(breaker, MINIMUM)
    clock.now += PAUSE
    fail(breaker)

    assert wait(breaker) == PAUSE
    assert told == ["open", "half-open", "open"]


def test_a_probe_that_tells_nothing_makes_room_for_another(breaker, clock):
    fail(breaker, MINIMUM)
    clock.now += PAUSE
    breaker.cancel(breaker.admit())
    succeed(breaker)

    assert breaker.closed


def test_a_probe_that_never_ends_makes_room_for_another(breaker, clock):
    fail(breaker, MINIMUM)
    clock.now += PAUSE
    lost = breaker.admit()
    clock.now += PAUSE
    succeed(breaker)
    assert breaker.closed

    breaker.record(lost, failed=True)
    assert breaker.closed


def test_calls_from_before_a_transition_decide_nothing_after_it(breaker, clock):
    early = [breaker.admit() for _ in range(WINDOW)]
    fail(breaker, MINIMUM)
    clock.now += PAUSE
    permit = breaker.admit()
    for each in early:
        breaker.record(each, failed=False)
        breaker.cancel(each)
    assert not breaker.closed

    breaker.record(permit, failed=False)
    for each in early:
        breaker.record(each, failed=True)
    assert breaker.closed
    for each in early:
        breaker.record(each, failed=False)
    fail(breaker, MINIMUM)
    assert not breaker.closed


def test_of_8_threads_one_is_the_probe(breaker, clock):
    fail(breaker, MINIMUM)
    for _ in range(50):
        clock.now += PAUSE
        barrier = threading.Barrier(8)

        def attempt(_: int, barrier: threading.Barrier = barrier) -> int | None:
            barrier.wait(5)
            try:
                return breaker.admit()
            except CircuitOpenError:
                return None

        with ThreadPoolExecutor(8) as threads:
            (probe,) = [permit for permit in threads.map(attempt, range(8)) if permit is not None]
        breaker.record(probe, failed=True)


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail", "cancel", "lose"]), st.floats(0.0, 2 * PAUSE)), max_size=60))
def test_whatever_happens_it_never_stays_open(steps):
    clock = Clock()
    breaker = Breaker(on_transition=lambda _: None, clock=clock)
    waits: list[int] = []
    for outcome, seconds in steps:
        clock.now += seconds
        try:
            permit = breaker.admit()
        except CircuitOpenError as refused:
            waits.append(refused.retry_after)
            continue
        if outcome in ("ok", "fail"):
            breaker.record(permit, failed=outcome == "fail")
        elif outcome == "cancel":
            breaker.cancel(permit)
    assert all(1 <= each <= PAUSE for each in waits)
    clock.now += PAUSE
    succeed(breaker)
    assert breaker.closed
