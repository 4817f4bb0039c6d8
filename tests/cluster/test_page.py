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


def cells() -> dict[str, page.Cells]:
    """Returns the cells of the page's table by case."""
    return page.cells_of(page.PAGE.read_text())


def test_the_page_has_the_cases_of_the_tests_with_their_expected_verdicts() -> None:
    assert {case: row[6] for case, row in cells().items()} == EXPECTED


def test_what_ended_otherwise_than_expected_or_was_not_run_stands_in_the_summary() -> None:
    for text in (page.PAGE.read_text(), page.README.read_text()):
        assert page.summary(cells()) in text


def test_every_row_names_what_was_measured() -> None:
    unmeasured = (page.NOT_RUN, Verdict.UNFINISHED)
    assert [case for case, row in cells().items() if (row[8] == "-") != (row[7] in unmeasured)] == []


def quoted(text: str) -> set[str]:
    """Returns the commits that a text quotes."""
    return set(re.findall(r"\b(?=[a-f]*\d)[0-9a-f]{7,40}\b", text))


def test_notes_quote_commits_of_rows_alone() -> None:
    head, _, limits = page.PAGE.read_text().partition("## Limits")
    introduction = head.partition("| case |")[0]
    measured = {row[8].rstrip("+") for row in cells().values()}
    assert quoted(introduction + limits) <= measured


def test_notes_go_with_the_last_row_of_their_commits() -> None:
    first, second, *_ = page.NAMES
    of = page.OF_COMMITS[0][0]
    some = {first: [*["-"] * 8, of[0], "-"], second: [*["-"] * 8, "abc1234+", "-"]}
    assert quoted(page.notes(some)) == {of[0]}
    assert page.notes({}) == page.NOTES


def test_the_page_says_what_it_is_made_of() -> None:
    text = page.PAGE.read_text()
    assert text.endswith(page.notes(cells()))
    made = page.page(cells(), cluster="")
    _, _, said = made.partition("* Cluster of the last run: \n")
    assert said in text


def test_the_page_is_not_written_anew_where_no_case_has_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAGE", "README"):
        copy = tmp_path / f"{name}.md"
        copy.write_text(getattr(page, name).read_text())
        monkeypatch.setattr(page, name, copy)
    before = page.PAGE.read_text()
    record = Record(tmp_path / "record.json")
    record.describe("another cluster")
    page.write(tmp_path / "record.json")
    assert page.PAGE.read_text() == before
    record.begin(page.NAMES[0])
    page.write(tmp_path / "record.json")
    assert "another cluster" in page.PAGE.read_text()


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
    assert {case.name for case in CASES if case.without} <= names


def _row(case: str, *, lost: int = 0) -> Row:
    return Row(
        case=case,
        requests=5000,
        rate=150.0,
        lost=lost,
        losses="3x 503" if lost else "",
        p50=2.5,
        p99=9.0,
        recovery=1.5,
        expected=Verdict.SOME_LOST if ", without " in case else Verdict.NONE_LOST,
        seen=Verdict.SOME_LOST if lost or ", without " in case else Verdict.NONE_LOST,
        note="all is well",
        commit="abc1234",
    )


def test_a_record_keeps_cases_that_ended_and_those_that_did_not(tmp_path: Path) -> None:
    record = Record(tmp_path / "record.json")
    for case in ("nothing happens", "something happens"):
        record.begin(case)
    record.add(_row("nothing happens", lost=3))
    record.describe("Kubernetes")
    rows = {"nothing happens": _row("nothing happens", lost=3), "something happens": None}
    assert read(tmp_path / "record.json") == ("Kubernetes", rows)


def test_the_page_keeps_the_lines_of_cases_that_were_not_run_again() -> None:
    first, second, third, *_ = page.NAMES
    earlier = {name: ["an earlier", "line"] for name in (first, second)}
    lines = page.completed(earlier, {second: _row(second, lost=3), third: None})
    assert lines.keys() == set(page.NAMES)
    assert lines[first] == ["an earlier", "line"]
    assert lines[second][:6] == [second, "5,000", "3", "2.5", "9", "1.5"]
    assert lines[third][7] == Verdict.UNFINISHED
    assert {lines[name][7] for name in page.NAMES[3:]} == {page.NOT_RUN}


def test_the_summary_counts_and_names() -> None:
    first, second, third, *others = page.NAMES
    record = {name: _row(name) for name in others} | {first: _row(first, lost=3), second: None}
    assert page.summary(page.completed({}, record)) == (
        f"{len(others)} of {len(page.NAMES)} cases ended as expected. "
        f"Otherwise: {first} (some lost); {second} (did not end). Not run: {third}."
    )
