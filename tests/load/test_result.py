"""The arithmetic of results. Nothing is sent here."""

from __future__ import annotations

import math

import pytest

from tests.load.result import Loss, Outcome, Phase, Result

RESET = Loss(kind="ConnectionResetError", phase=Phase.SENT, reused=True)
REFUSED = Loss(kind="503", phase=Phase.ANSWERED, reused=False)


def result(*outcomes: Outcome, seconds: float = 10.0, bound: float = 0.1) -> Result:
    return Result(outcomes=outcomes, started=0.0, seconds=seconds, connections=1, lateness_bound=bound)


def outcome(at: float, latency: float = 0.001, *, loss: Loss | None = None, late: float = 0.0) -> Outcome:
    return Outcome(at=at, late=late, latency=latency, loss=loss)


def test_percentiles_are_those_of_the_expected_answers() -> None:
    seen = result(*(outcome(n / 10, (n + 1) / 1000) for n in range(100)), outcome(10, 30.0, loss=RESET))
    assert (seen.p50, seen.p95, seen.p99, seen.longest) == pytest.approx((50, 95, 99, 100))
    assert result(outcome(0, 0.007)).p50 == pytest.approx(7)


def test_without_an_expected_answer_no_comparison_holds() -> None:
    seen = result(outcome(0, loss=RESET))
    assert math.isnan(seen.p99)
    assert not seen.p99 < math.inf


def test_losses_are_counted_by_what_they_met() -> None:
    seen = result(outcome(0, loss=RESET), outcome(1, loss=REFUSED), outcome(2, loss=RESET), outcome(3))
    assert (seen.sent, seen.lost) == (4, 3)
    assert seen.losses == {RESET: 2, REFUSED: 1}
    text = str(seen)
    assert "2x ConnectionResetError before the answer on a reused connection" in text
    assert "1x 503 as the answer on a new connection" in text


def test_time_to_recover_is_from_the_first_loss_to_the_last() -> None:
    seen = result(outcome(1), outcome(2.5, loss=RESET), outcome(3), outcome(4.75, loss=REFUSED), outcome(6))
    assert seen.seconds_to_recover == 2.25
    assert result(outcome(1)).seconds_to_recover == 0


def test_timeline_has_the_losses_of_each_second() -> None:
    lost = (0.1, 2.0, 2.9, 3.0)
    assert result(*(outcome(at, loss=RESET) for at in lost), outcome(3.5), seconds=4.2).timeline == (1, 0, 2, 1, 0)


def test_a_part_of_the_time_is_a_result_of_its_own() -> None:
    seen = result(*(outcome(n / 10, latency=0.2 if 30 <= n < 60 else 0.1) for n in range(100)))
    part = seen.between(3, 6)
    assert (part.sent, part.rate, part.p50) == pytest.approx((30, 10, 200))
    assert (seen.between(end=3).p95, seen.between(6).p95) == pytest.approx((100, 100))
    assert seen.between(6).rate == pytest.approx(10)


@pytest.mark.parametrize(("late", "conclusive"), [(0.1, True), (0.11, False)])
def test_one_late_request_makes_it_inconclusive(late: float, conclusive: bool) -> None:
    assert result(outcome(0), outcome(1, late=late), outcome(2)).conclusive is conclusive


def test_nothing_sent_is_inconclusive() -> None:
    assert not result().conclusive
