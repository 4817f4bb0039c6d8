"""Values that the contract writes in one form, where pydantic's own types would take others too."""

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
"""What DECIMAL(10,2) holds."""
UUID_TEXT = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
DAY = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
MOMENT = (
    f"{DAY[:-1]}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Of DAY and MOMENT: with any offset they stay far from the ends of the calendar, where arithmetic overflows."""


def _formed(kind: type, pattern: str, make: Callable[[str], Any], reason: str) -> BeforeValidator:
    form = re.compile(pattern.removeprefix("^").removesuffix("$"))  # fullmatch(): `$` would let a newline through

    def read(value: object) -> Any:
        if isinstance(value, kind):  # the service's own, not a caller's: JSON and URLs have none of these types
            return value
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise ValueError(reason)
        return make(value)

    return BeforeValidator(read)


def _number(value: object) -> object:
    """JSON's 3.0 is an integer as 3 is; texts and truth values, which pydantic would take, are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be an integer")  # noqa: TRY004 - a TypeError would not be the caller's
    return value


def money_text(amount: Decimal) -> str:
    """With two places, never an exponent."""
    return f"{amount:.2f}"


INTEGER = BeforeValidator(_number)
"""For an int; it stands last, behind the bounds."""
Money = Annotated[
    Decimal,
    _formed(Decimal, MONEY, Decimal, 'must be an amount with two places, such as "10.20"'),
    PlainSerializer(money_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": MONEY}),
]
"""An amount of a currency as a decimal text; nothing between the text and the database is a float."""
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
