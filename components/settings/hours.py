"""Settings of the hours in which a stack runs, where it does not run at all hours."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.settings.checks import Group, in_production, wrong

Weekday = Literal["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
WORKING_DAYS: tuple[Weekday, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


class HoursSettings(Group):
    """The hours of working days in which the stack runs. Default: it runs at all hours.

    Outside of them .github/workflows/hours.yml stops its cluster and its databases, and Azure's alerts reach nobody
    (docs/deploy.md, section The hours of dev).
    """

    begin: Annotated[
        int | None, in_production(lambda hour: hour is None, "must not be set: people are served at all hours")
    ] = Field(None, ge=0, le=22, description="hour (UTC) at which the stack is started")
    end: int | None = Field(None, ge=1, le=23, description="hour (UTC) at which it is stopped, after begin")

    @field_validator("end")
    @classmethod
    def _after(cls, value: int | None, info: ValidationInfo) -> int | None:
        begin = info.data.get("begin")
        if (value is None) != (begin is None):
            raise wrong("must be set with begin, and only with it")
        if value is not None and begin is not None and value <= begin:
            raise wrong(f"must be after begin, which is {begin}")
        return value

    @property
    def limited(self) -> bool:
        """True if the stack does not run at all hours."""
        return self.begin is not None

    def hold(self, day: Weekday, hour: int, hours: int) -> bool:
        """Returns whether the stack runs for some hours from a moment of the week on."""
        if self.begin is None or self.end is None:
            return True
        return day in WORKING_DAYS and self.begin <= hour and hour + hours <= self.end
