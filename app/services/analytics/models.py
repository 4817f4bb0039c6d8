"""Events, summaries and reports, as callers send and get them."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from app.services.kit.fields import INTEGER, Day, Moment, Money, Uuid

UserId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
EventType = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_.-]{0,63}$")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
AttributeName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,64}$")]
AttributeValue = Annotated[str, StringConstraints(max_length=256, pattern=r"^[^\x00]*$")]
MAX_ATTRIBUTES_SIZE = 8192
"""The most bytes that an event's attributes may have as JSON, so that a page of 100 events stays below the 1 MiB that
the edge takes as an answer. Only texts with many characters that are escaped or not ASCII come near it."""


def _is_none(value: Any) -> bool:
    return value is None


class NewEvent(BaseModel):
    """An event as callers send it. They choose its `id`: an event that is sent again is the same event."""

    model_config = ConfigDict(extra="forbid")

    id: Uuid
    type: EventType
    user_id: UserId
    occurred_at: Moment
    amount: Money | None = None
    currency: Currency | None = None
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=20)] = {}

    @field_validator("attributes")
    @classmethod
    def _limited_in_size(cls, attributes: dict[str, str]) -> dict[str, str]:
        if len(json.dumps(attributes, ensure_ascii=False).encode()) > MAX_ATTRIBUTES_SIZE:
            raise ValueError(f"must have at most {MAX_ATTRIBUTES_SIZE} bytes as JSON")
        return attributes

    @model_validator(mode="after")
    def _amount_has_a_currency(self) -> NewEvent:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("amount and currency come together or not at all")
        return self


class Batch(BaseModel):
    """Events that are sent together."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[NewEvent], Field(min_length=1, max_length=100)]


class Recorded(BaseModel):
    """The number of a batch's events that were new, and of those that were known."""

    accepted: int
    duplicates: int


class Event(BaseModel):
    """An event as callers get it."""

    id: UUID
    type: str
    user_id: str
    occurred_at: datetime
    amount: Money | None = Field(exclude_if=_is_none)
    currency: str | None = Field(exclude_if=_is_none)
    attributes: dict[str, str]


class OfType(BaseModel):
    """The events of one type in a summary."""

    type: str
    count: int


class OfCurrency(BaseModel):
    """The amounts of one currency in a summary."""

    currency: str
    count: int
    total: Money


class Summary(BaseModel):
    """Counts and amounts of a period."""

    first: Day = Field(serialization_alias="from")
    last: Day = Field(serialization_alias="to")
    events: int
    users: int
    by_type: list[OfType]
    amounts: list[OfCurrency]


class ReportQuery(BaseModel):
    """The events and the precision of a report."""

    model_config = ConfigDict(extra="forbid")

    currency: Currency
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    type: EventType | None = None
    resamples: Annotated[int, Field(ge=100, le=10_000), INTEGER] = 1000

    @field_validator("last")
    @classmethod
    def _in_order(cls, last: date, info: ValidationInfo) -> date:
        if "first" in info.data and last < info.data["first"]:
            raise ValueError("must not be before from")
        return last


class Interval(BaseModel):
    """The interval that holds the mean with a confidence of 95 %."""

    low: Money
    high: Money


class Report(BaseModel):
    """An estimate of the mean amount. Without any amounts it has their count alone."""

    currency: str
    first: Day = Field(serialization_alias="from")
    last: Day = Field(serialization_alias="to")
    resamples: int
    count: int
    mean: Money | None = Field(default=None, exclude_if=_is_none)
    median: Money | None = Field(default=None, exclude_if=_is_none)
    p95: Money | None = Field(default=None, exclude_if=_is_none)
    interval: Interval | None = Field(default=None, exclude_if=_is_none)
