import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commerce.domain import money


@settings(deadline=None)
@given(st.integers(0, money.LARGEST))
def test_an_amount_survives_the_way_out_and_back(minor):
    assert money.minor_units(money.text(minor)) == minor


@pytest.mark.parametrize(("text", "minor"), [("0.00", 0), ("0.05", 5), ("10.20", 1020), ("99999999.99", money.LARGEST)])
def test_minor_units(text, minor):
    assert money.minor_units(text) == minor


@pytest.mark.parametrize(
    "text", ["1", "1.2", "1.234", "01.00", "-1.00", "1e3", "100000000.00", "1.00\n", "", "\u0661.00"]
)
def test_what_is_no_amount(text):
    with pytest.raises(ValueError, match="two places"):
        money.minor_units(text)


@pytest.mark.parametrize("minor", [-1, money.LARGEST + 1])
def test_amounts_that_are_no_minor_units_are_an_error(minor):
    with pytest.raises(ValueError, match="minor units"):
        money.text(minor)
