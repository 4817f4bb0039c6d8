"""Amounts of docs/costs.md: arithmetic with what a stack declares, and nothing else."""

from __future__ import annotations

import pytest

from tools.costs.page import tables
from tools.costs.prices import Free, PriceError, Prices, Row, Use, amount

COUNTS = {"count": 3.0, "services": 4.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.10", 0.1), ("0.10 * count", 0.3), ("2 * (count + 1) / services", 2.0), ("services - count", 1.0)],
)
def test_an_amount_is_arithmetic_with_counts(text: str, value: float) -> None:
    assert amount(text, COUNTS) == pytest.approx(value)


@pytest.mark.parametrize("text", ["pods", "count ** 2", "print(1)", "'1'", "-count", "[1][0]"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PriceError, match="is neither a number nor one of count, services"):
        amount(text, COUNTS)


def test_the_page_counts_and_adds() -> None:
    use = Use(text="{count} of {services}", amount="0.105 * count")
    row = Row(what="Databases", types=("a:b:C",), price="0.105", source="-", uses={"dev": use, "prod": use})
    free = Free(types=("a:b:D",), because="free")
    prices = Prices(derived={}, clouds={"AWS": (row,), "Azure": (row, row)}, free=(free,))
    counts = {stack: {"Databases": {"count": number, "services": 4}} for stack, number in (("dev", 1), ("prod", 100))}
    lines = tables(prices, counts).splitlines()

    assert "| Databases<br>`a:b:C` | 0.105 | 1 of 4 | 0.10 | 100 of 4 | 10.50 | - |" in lines
    assert "| Azure | 0.20 | 21.00 |" in lines
    assert "| together | 0.30 | 31.50 |" in lines
    assert "| to expect | 0 to 0 | 30 to 40 |" in lines
    assert "| `a:b:D` | free |" in lines
