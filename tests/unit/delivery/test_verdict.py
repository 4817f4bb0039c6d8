"""The signals that make a delivery return, and those that do not."""

from __future__ import annotations

import re

import pytest

from delivery.verdict import Measured, Subject, complaints

QUIET = Measured(calls=1000)
OLD = Measured(calls=95, milliseconds=40, memory=80 * 2**20, files=20)


def of(new: Measured, *, old: Measured = OLD, now: Measured = QUIET, before: Measured = QUIET) -> list[str]:
    return list(complaints(Subject(name="orders", before=before, now=now, old=old, new=new)))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (Measured(calls=100, failures=2), "2 of 100 calls of the new version failed"),
        (Measured(calls=5, failures=5), "5 of 5 calls of the new version failed"),
        (Measured(calls=10, milliseconds=2040), "nine of ten calls take up to 2040 ms, and 40 ms before"),
        (Measured(restarts=1), "a pod of the new version ended by itself"),
        (Measured(memory=300 * 2**20), "a pod uses 300 MiB of memory, and 80 before"),
        (Measured(files=200), "a pod has 200 open files, and 20 before"),
    ],
)
def test_what_is_worse_is_said_in_one_sentence(new: Measured, expected: str) -> None:
    (sentence,) = of(new)
    assert re.search(expected, sentence)


@pytest.mark.parametrize(
    "new",
    [
        Measured(),
        Measured(calls=10, failures=1),
        Measured(calls=9, milliseconds=5000),
        Measured(calls=1000, milliseconds=75),
        Measured(calls=1000, milliseconds=500),
        Measured(memory=200 * 2**20, files=100),
    ],
)
def test_what_may_be_chance_or_warming_up_does_not_return(new: Measured) -> None:
    assert of(new) == []


def test_the_previous_version_s_failures_are_allowed_for() -> None:
    """One in a hundred fails anyway: of a thousand calls ten are expected, and nineteen may be chance."""
    old = Measured(calls=10_000, failures=100)
    assert of(Measured(calls=1000, failures=19), old=old) == []
    assert of(Measured(calls=1000, failures=20), old=old)


def test_one_order_in_twenty_is_seen_among_calls_of_other_kinds() -> None:
    """The numbers are those of prod's third step: some 50 orders among ten times as many reads."""
    assert of(Measured(calls=550, failures=3), old=Measured(calls=550))


def test_an_outage_that_both_versions_meet_is_left_to_the_alarms_of_the_whole() -> None:
    failing = Measured(calls=100, failures=100)
    assert [s for s in of(failing, old=failing, now=failing) if "new version" in s] == []


def test_what_a_release_does_to_functions_that_do_not_move_counts_too() -> None:
    still = Subject(name="relay", before=QUIET, now=Measured(calls=100, failures=3))
    assert [*complaints(still)] == ["relay: 3 of 100 calls failed since the delivery began; before, it was 0 of 1000."]
    assert [*complaints(Subject(name="relay", before=QUIET, now=Measured(calls=100, failures=1)))] == []


def test_the_first_dead_letter_returns_unless_there_were_some_before() -> None:
    one = Measured(calls=100, dead_letters=1)
    assert [*complaints(Subject(name="relay", before=QUIET, now=one))] == ["relay: 1 messages can never be worked on."]
    assert [*complaints(Subject(name="relay", before=Measured(calls=100, dead_letters=1), now=one))] == []


def test_without_a_previous_version_s_calls_one_failure_is_still_none() -> None:
    assert of(Measured(calls=1, failures=1), old=Measured()) == []
    assert of(Measured(calls=2, failures=2), old=Measured())
