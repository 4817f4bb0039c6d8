"""docs/proof.md: it has every case, with the verdict that its test expects, and says what was seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cluster import page
from tests.cluster.system.cases import CASES, title
from tests.cluster.system.record import Record, Row, Verdict, read
from tests.cluster.system.test_autoscaling import AUTOSCALING

EXPECTED = {title(case): case.expected for case in CASES} | dict.fromkeys(AUTOSCALING, Verdict.NONE_LOST)


def cells() -> dict[str, list[str]]:
    """Returns the cells of the page's table by case."""
    lines = [line for line in page.PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]
    return {row[0]: row for row in rows}


def test_the_page_has_the_cases_of_the_tests_with_their_expected_verdicts() -> None:
    assert {case: row[6] for case, row in cells().items()} == EXPECTED


MISSED = {AUTOSCALING[0]: Verdict.TOO_SLOW}
"""The cases that ended otherwise than expected, and how. The page must say so, and each is to be mended."""


def test_a_case_that_ended_otherwise_than_expected_is_known_and_stands_in_the_summary() -> None:
    otherwise = {case: row[7] for case, row in cells().items() if row[7] not in (row[6], "not run")}
    assert otherwise == MISSED
    for text in (page.PAGE.read_text(), page.README.read_text()):
        for case, seen in MISSED.items():
            assert f"{case} ({seen})" in text
        missing = text.partition("Not run: ")[2].partition("\n")[0].rstrip("*.").split("; ")
        assert missing == [case for case, row in cells().items() if row[7] == "not run"]


def test_every_row_names_what_was_measured() -> None:
    assert [case for case, row in cells().items() if (row[8] == "-") != (row[7] == "not run")] == []


def test_the_readme_has_the_figures_of_the_page() -> None:
    (part,) = page.TABLE.findall(page.README.read_text())
    text = page.TABLE.search(page.README.read_text())
    assert part
    assert text
    for name in page.STRONGEST:
        row = cells()[name]
        assert f"| {name} | {row[1]} | {row[2]} | {row[4]} |" in text[0]


def test_every_control_has_its_case() -> None:
    names = {case.name for case in CASES if not case.without}
    controls = {case.name for case in CASES if case.without}
    assert controls <= names | {"the callers' authority changes", "a canary goes to 50 percent"}


@pytest.mark.parametrize(("lost", "verdict"), [(0, Verdict.NONE_LOST), (3, Verdict.SOME_LOST)])
def test_a_record_becomes_a_row(tmp_path: Path, lost: int, verdict: Verdict) -> None:
    row = Row(
        case="nothing happens",
        requests=5000,
        rate=150.0,
        lost=lost,
        losses="3x 503" if lost else "",
        p50=2.5,
        p99=9.0,
        recovery=1.5,
        expected=Verdict.NONE_LOST,
        seen=verdict,
        note="all is well",
        commit="abc1234",
    )
    record = Record(tmp_path / "record.json")
    record.add(row)
    record.describe("Kubernetes")
    assert read(tmp_path / "record.json") == ("Kubernetes", {"nothing happens": row})
    text = page.table([("nothing happens", row), ("not yet, without retries", None)])
    assert re.search(
        rf"\| nothing happens \| 5,000 \| {lost} \| 2\.5 \| 9 \| {'1.5' if lost else '-'} \| none lost", text
    )
    assert "| not yet, without retries | - | - | - | - | - | some lost | not run | - | - |" in text
