"""Types of values that the contract writes in one form, where pydantic's own types would take others too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

MONEY = r"^(0|[1-9][0-9]{0,7})\.[0-9]{2}$"
MAX_MONEY = Decimal("99999999.99")
"""The largest value that DECIMAL(10,2) holds."""
UUID_TEXT = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
DAY = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
MOMENT = (
    f"{DAY[:-1]}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""The range of DAY and MOMENT. With any offset it is far from the ends of the calendar, where arithmetic overflows."""


def _formed(kind: type, pattern: str, make: Callable[[str], Any], reason: str) -> BeforeValidator:
    """Returns a validator that takes texts of the pattern and `make`s values of them, or refuses with the reason."""
    form = re.compile(pattern.removeprefix("^").removesuffix("$"))  # fullmatch(): `$` would let a newline through

    def read(value: object) -> Any:
        if isinstance(value, kind):  # from the service itself: JSON and URLs have none of these types
            return value
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise ValueError(reason)
        return make(value)

    return BeforeValidator(read)


def _number(value: object) -> object:
    """Takes JSON's 3.0 as the integer 3, and refuses texts and truth values, which pydantic would take."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be an integer")  # noqa: TRY004 - pydantic answers no TypeError to the caller
    return value


def money_text(amount: Decimal) -> str:
    """Returns the amount with two places, never with an exponent."""
    return f"{amount:.2f}"


INTEGER = BeforeValidator(_number)
"""The validator of an int. In an Annotated type it stands last, behind the bounds."""
Money = Annotated[
    Decimal,
    _formed(Decimal, MONEY, Decimal, 'must be an amount with two places, such as "10.20"'),
    PlainSerializer(money_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": MONEY}),
]
"""An amount of a currency as a decimal text. It is never a float between the text and the database."""
Uuid = Annotated[
    UUID,
    _formed(UUID, UUID_TEXT, UUID, "must be a UUID, such as 5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f"),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": UUID_TEXT}),
]
Day = Annotated[
    date,
    _formed(date, DAY, date.fromisoformat, "must be a day of the years 2000 to 2099, such as 2026-11-30"),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY}),
]
Moment = Annotated[
    datetime,
    _formed(
        datetime,
        MOMENT,
        datetime.fromisoformat,
        "must be a moment of the years 2000 to 2099 with its offset, such as 2026-11-02T09:30:00Z",
    ),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": MOMENT}),
]
