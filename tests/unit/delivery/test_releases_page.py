"""docs/releases.md: its table has every release that the test delivers, with the verdict that it expects."""

from __future__ import annotations

import re

from delivery import verdict
from delivery.canary import STEPS
from delivery.watch import Times
from tests.support.program import ROOT
from tests.support.releases import RELEASES
from tests.support.releases_page import BEGIN, END, verdict_of

PAGE = (ROOT / "docs" / "releases.md").read_text()


def test_the_table_has_each_release_with_its_verdict() -> None:
    table = PAGE.partition(BEGIN)[2].partition(END)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    assert [row[:2] for row in rows[2:]] == [[release.name, verdict_of(release)] for release in RELEASES]
    for row, release in zip(rows[2:], RELEASES, strict=True):
        noticed, calls = map(int, row[2].split(" of "))
        assert (noticed > 0) == release.noticed
        assert noticed <= calls
        assert (row[3] != "-") == release.noticed


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"{STEPS[0]:.0%}"[:-1] in PAGE
    assert ", ".join(f"{share * 100:.0f}" for share in STEPS) + " %" in PAGE
    assert (Times().watch, Times().before) == (5 * 60, 3600)
    assert "for five minutes" in PAGE
    assert (verdict.LEAST_FAILURES, verdict.DEVIATIONS, verdict.LEAST_CALLS) == (2, 3, 10)
    for words in ("two or more", "three standard deviations", "after ten calls", f"{verdict.SLOWER_MILLISECONDS} ms"):
        assert words in PAGE
    assert f"{verdict.SPARE_MEMORY // 2**20} MiB or {verdict.SPARE_FILES} files" in PAGE


def test_no_release_is_named_twice() -> None:
    assert len({release.name for release in RELEASES}) == len(RELEASES)
    assert {bool(re.compile(release.verdict)) for release in RELEASES if release.verdict} == {True}
