import contextlib
import random
import statistics
import subprocess
import sys
from array import array
from fractions import Fraction
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.analytics import bootstrap, reports
from app.services.analytics.bootstrap import DRAWS, estimate, quantile, resampled
from tests.support.waiting import eventually

AMOUNTS = st.lists(st.integers(0, 9_999_999_999), min_size=1, max_size=50).map(sorted)
PROGRAM = Path(bootstrap.__file__)


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


@given(AMOUNTS)
def test_values_are_exact_to_the_unit(amounts):
    found = estimate(amounts, 100)

    assert found["mean"] == half_up(Fraction(sum(amounts), len(amounts)))
    assert found["median"] == half_up(Fraction(statistics.median(map(Fraction, amounts))))
    assert amounts[0] <= found["low"] <= found["high"] <= amounts[-1]
    assert all(type(value) is int for value in found.values())


@given(AMOUNTS, st.integers(0, 1000))
def test_quantiles_are_those_of_the_standard_library(amounts, thousandths):
    position = Fraction((len(amounts) - 1) * thousandths, 1000)
    low, high = amounts[int(position)], amounts[-(-position.numerator // position.denominator)]

    assert quantile(amounts, thousandths) == half_up(low + (high - low) * (position - int(position)))


def test_the_interval_is_that_of_the_theory():
    """The means of many amounts are distributed normally: 1.96 standard errors to each side."""
    amounts = [round(1000 * (1 + number % 97)) for number in range(2000)]
    mean, error = statistics.fmean(amounts), statistics.pstdev(amounts) / 2000**0.5
    found = estimate(sorted(amounts), 2000)

    assert found["low"] == pytest.approx(mean - 1.96 * error, abs=0.15 * error)
    assert found["high"] == pytest.approx(mean + 1.96 * error, abs=0.15 * error)


def test_more_resamples_are_other_draws_and_equal_input_gives_equal_output():
    amounts = sorted(number * number for number in range(200))

    assert estimate(amounts, 500) == estimate(amounts, 500)
    assert estimate(amounts, 500) != estimate(amounts, 501)


@pytest.mark.parametrize(("count", "resamples"), [(1, 20), (DRAWS, 3), (2 * DRAWS + 1, 2)])
def test_it_rests_after_each_so_many_draws_and_draws_the_same(monkeypatch, count, resamples):
    amounts, rests, draw = list(range(count)), [], random.Random(0).choices
    monkeypatch.setattr("time.sleep", rests.append)

    assert list(resampled(amounts, resamples)) == [sum(draw(amounts, k=count)) for _ in range(resamples)]
    assert len(rests) == count * resamples // DRAWS


def test_a_single_amount_is_its_own_interval():
    assert set(estimate([1234], 100).values()) == {1234}


def test_the_contracts_example():
    assert estimate([1020, 2020], 2000) == {"mean": 1520, "median": 1520, "p95": 1970, "low": 1020, "high": 2020}


@pytest.mark.slow  # computes the largest reports
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("resamples", [100, 200])
def test_the_program_needs_the_standard_library_only_and_little_memory(resamples):
    amounts = array("q", range(reports.most_amounts(resamples)))
    code = f"""
import runpy, sys
sys.argv = ["bootstrap.py", "{resamples}"]
runpy.run_path({str(PROGRAM)!r}, run_name="__main__")
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], input=amounts.tobytes(), capture_output=True, check=True
    )
    answer, peak = run.stdout.rsplit(b"}", 1)

    assert b'"mean": 50000' in answer
    assert int(peak) < 20 * 1024


def test_the_program_ends_when_nobody_is_left_to_wait_for_it():
    """It would run for hours."""
    code = f"""
import subprocess, sys
work = subprocess.Popen([sys.executable, {str(PROGRAM)!r}, "1000000000"], stdin=subprocess.PIPE)
work.stdin.write(b"12345678" * 1000)
work.stdin.close()
print(work.pid, flush=True)
work.wait()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        worker = psutil.Process(int(service.stdout.readline()))
        try:
            eventually(lambda: worker.nice() > psutil.Process().nice())  # it has begun
            service.kill()
            eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
