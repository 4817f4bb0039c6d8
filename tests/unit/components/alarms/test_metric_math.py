from __future__ import annotations

import pytest

from tests.unit.components.alarms.errors import NotUnderstoodError
from tests.unit.components.alarms.metric_math import value


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("100 * errors / calls", 25),
        ("(errors + calls) * 2 - 1", 19),
        ("FILL(errors, 7)", 2),
        ("FILL(nothing, 7)", 7),
        ("nothing", None),
        ("2 * nothing", None),
        ("nothing + nothing", None),
    ],
)
def test_values_of_one_period(expression: str, expected: float | None) -> None:
    assert value(expression, {"errors": 2, "calls": 8, "nothing": None}) == expected


def test_a_missing_value_counts_as_zero_beside_another_metric() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-arithmetic"""
    assert value("100 * errors / calls", {"errors": None, "calls": 8}) == 0


@pytest.mark.parametrize("calls", [0, None])
def test_a_division_by_zero_has_no_value(calls: float | None) -> None:
    assert value("100 * errors / calls", {"errors": 2, "calls": calls}) is None


@pytest.mark.parametrize("expression", ["RATE(errors)", "FILL(errors, REPEAT)", "errors ** 2", "others", "errors +"])
def test_what_is_not_known_is_said(expression: str) -> None:
    with pytest.raises(NotUnderstoodError, match="The evaluator"):
        value(expression, {"errors": 2})
