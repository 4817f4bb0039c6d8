import pytest

from tests.bench import report
from tests.bench.ratios import Spread
from tests.bench.report import Row


def spread(median: float) -> Spread:
    return Spread(median=median, low=median - 0.1, high=median + 0.1, count=9)


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [
        (spread(0.80), "≥ 0.80", True),
        (spread(0.79), "≥ 0.80", False),
        (spread(1.8), "≤ 1.8", True),
        (spread(1.81), "≤ 1.8", False),
        (91.0, "≤ 90", False),
        (0.5, "", None),
    ],
)
def test_targets_are_for_the_median(value: Spread | float, target: str, met: bool | None) -> None:
    assert Row(what="x", value=value, target=target).met is met


def test_page_tells_what_was_measured_where_and_with_what() -> None:
    rows = [
        Row(what="Ratio", value=spread(0.85), target="≥ 0.80", note="by the clock 0.84"),
        Row(what="Memory", value=95.25, target="≤ 90", unit="MB"),
        Row(what="For information", value=spread(0.7)),
        Row(what="Differences", value=0, target="≤ 0"),
    ]
    text = report.page(rows, command="make bench", load=(0.1, 0.9), seconds=240)

    assert "| Ratio | 0.85 [0.75-0.95] | ≥ 0.80 | yes | by the clock 0.84 |" in text
    assert "| Memory | 95.25 MB | ≤ 90 MB | **no** |  |" in text
    assert "| For information | 0.70 [0.60-0.80] |  |  |  |" in text
    assert "| Differences | 0 | ≤ 0 | yes |  |" in text
    for part in ("`make bench`", "load average 0.1 before, 0.9 after", "240 s", "fastapi ", "Python 3.", "## Limits"):
        assert part in text


def test_the_readme_has_the_least_and_the_most_of_the_comparison_with_the_usual_stack() -> None:
    rows = [Row(what=f"{report.USUAL}{way}", value=spread(value)) for way, value in (("GET", 4.61), ("POST", 3.12))]
    assert "**3.1 to 4.6 times**" in report.line([*rows, Row(what="Ratio", value=spread(9.9))])
    assert report.LINE.search(report.README.read_text())
