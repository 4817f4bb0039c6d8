import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from app.services.kit.fields import FIRST_DAY, INTEGER, LAST_DAY, MAX_MONEY, Day, Moment, Money, Uuid
from tests.support.contract import document

TYPES = {"Money": Money, "Uuid": Uuid, "Day": Day, "Moment": Moment}
CONTRACT = document()["components"]["schemas"]


@pytest.mark.parametrize("name", TYPES)
def test_the_forms_are_those_of_the_contract(name):
    ours, theirs = TypeAdapter(TYPES[name]).json_schema(), CONTRACT[name]
    rules = ("type", "format", "pattern")

    assert {rule: ours.get(rule) for rule in rules} == {rule: theirs.get(rule) for rule in rules}


@given(st.integers(0, 9_999_999_999))
def test_money_comes_back_as_it_came(cents):
    text = f"{cents // 100}.{cents % 100:02}"
    amount = TypeAdapter(Money).validate_python(text)

    assert amount * 100 == cents
    assert amount <= MAX_MONEY
    assert TypeAdapter(Money).dump_json(amount) == json.dumps(text).encode()


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0.00"), ("1E+2", "100.00"), ("0E-2", "0.00"), ("1.5", "1.50"), ("9" * 26 + ".99", "9" * 26 + ".99")],
)
def test_money_is_written_with_two_places(amount, text):
    assert TypeAdapter(Money).dump_python(Decimal(amount), mode="json") == text


@pytest.mark.parametrize(
    "value", [1.0, 1, True, None, "1", "1.0", "1.000", "01.00", "+1.00", " 1.00", "1.00\n", "\u0967.00"]
)
def test_what_is_no_money(value):
    with pytest.raises(ValidationError, match="must be an amount with two places"):
        TypeAdapter(Money).validate_python(value)


@given(st.dates(FIRST_DAY, LAST_DAY), st.dates(date.min, date.max))
def test_days_of_this_century_and_no_others(inside, other):
    assert TypeAdapter(Day).validate_python(inside.isoformat()) == inside
    if not FIRST_DAY <= other <= LAST_DAY:
        with pytest.raises(ValidationError):
            TypeAdapter(Day).validate_python(other.isoformat())


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    st.integers(-1439, 1439),
)
def test_moments_of_any_offset(moment, minutes):
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    read = TypeAdapter(Moment).validate_python(moment.isoformat() + offset)

    assert read.replace(tzinfo=None) == moment
    assert (read.replace(tzinfo=UTC) - read).total_seconds() == minutes * 60
    assert 1999 <= read.astimezone(UTC).year <= 2100


@pytest.mark.parametrize("value", [3, 3.0])
def test_whole_numbers_are_integers(value):
    assert TypeAdapter(Annotated[int, Field(ge=1, le=9), INTEGER]).validate_python(value) == 3


@pytest.mark.parametrize("value", [0, 10, 1.5, "3", True, None, float("nan"), float("inf"), 10**400])
def test_other_values_are_no_integers(value):
    with pytest.raises(ValidationError):
        TypeAdapter(Annotated[int, Field(ge=1, le=9), INTEGER]).validate_python(value)
