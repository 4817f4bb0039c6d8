from __future__ import annotations

from datetime import date, timedelta

from policy.lifetimes import FRESH_DAYS, LIFETIMES, stale
from policy.rule import Resource, Stack
from policy.rules.versions import the_table_is_fresh, versions_are_supported

CHECKED = min(row.checked for row in LIFETIMES)
STACK = Stack(
    name="prod",
    production=True,
    config={},
    resources=(Resource(type="aws:lambda/function:Function", name="f", properties={"runtime": "python3.13"}),),
)


def test_a_version_is_supported_until_its_last_day() -> None:
    assert list(versions_are_supported(STACK, lambda: date(2029, 6, 29))) == []
    (finding,) = versions_are_supported(STACK, lambda: date(2029, 6, 30))
    assert finding.given == "python3.13, supported until 2029-06-30"


def test_an_unknown_version_is_not_supported() -> None:
    function = Resource(type="aws:lambda/function:Function", name="f", properties={"runtime": "nodejs18.x"})
    stack = Stack(name="prod", production=True, config={}, resources=(function,))
    (finding,) = versions_are_supported(stack, lambda: CHECKED)
    assert "policy/lifetimes.py" in finding.do


def test_a_table_that_nobody_looks_over_fails_by_itself() -> None:
    last = CHECKED + timedelta(days=FRESH_DAYS)
    assert list(the_table_is_fresh(STACK, lambda: last)) == []
    (finding,) = the_table_is_fresh(STACK, lambda: last + timedelta(days=1))
    assert finding.given == str(CHECKED)
    assert len(stale(last + timedelta(days=1))) == len([row for row in LIFETIMES if row.checked == CHECKED])


def test_every_row_has_its_source_and_appears_once() -> None:
    assert len({(row.product, row.version) for row in LIFETIMES}) == len(LIFETIMES)
    for row in LIFETIMES:
        assert row.source.startswith("https://")
        assert row.checked < row.ends or row.ends.year == row.checked.year
