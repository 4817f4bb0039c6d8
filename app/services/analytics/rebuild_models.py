"""The steps of a rebuild of the counts, as they are sent and answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer, StringConstraints

from app.services.kit.fields import money_text

ModelName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._-]{1,64}$")]
"""The name of a model: that of the replay which its archived events come by."""

Total = Annotated[Decimal, PlainSerializer(money_text, return_type=str)]
"""A sum of amounts, which may be larger than any single one."""


class NewModel(BaseModel):
    """A model that is to be built."""

    model_config = ConfigDict(extra="forbid")

    name: ModelName


class Switch(BaseModel):
    """The wish to make the model the living one, or only to compare it."""

    model_config = ConfigDict(extra="forbid")

    compare_only: bool = False


class Taken(BaseModel):
    """The numbers of archived events that were new to the model, and of those that were new to the table of events."""

    counted: int
    restored: int


class Progress(BaseModel):
    """The progress of counting: `more` is true while there are stored events that are not counted."""

    more: bool


class Cleared(BaseModel):
    """The number of rows that were removed, as nobody reads them. `more` is true while there may be others."""

    removed: int
    more: bool


class Counts(BaseModel):
    """The events of one day, type and currency as one model has them."""

    events: int
    amount: Total


class Difference(BaseModel):
    """A day, with type and currency where their counts differ, or without them where the users of the day do.

    For users, `events` counts them and `amount` is zero.
    """

    day: date
    type: str | None
    currency: str | None
    living: Counts
    rebuilt: Counts


class Comparison(BaseModel):
    """The content of the new model, and its differences from the living one, whose place it may have taken.

    `contradicting` counts the archived events that the table has with another content, of which `examples` are some.
    """

    name: str
    events: int
    archived: int
    restored: int
    contradicting: int
    examples: list[UUID]
    different: int
    differences: list[Difference]
    switched: bool
