"""Settings of logs and alerts: how long logs are kept, and who is told of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from components.settings.checks import Group, in_production
from components.settings.hours import HoursSettings

Email = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,63}$")]


class MonitoringSettings(Group):
    """The time for which logs are kept, and the people who get alerts."""

    alert_emails: Annotated[
        tuple[Email, ...],
        in_production(bool, "must name somebody: an alert that nobody gets is none"),
    ] = Field(
        (), description="who is told of the alarms of both clouds, by e-mail; AWS asks each address to confirm first"
    )
    log_retention_days: int = Field(
        30, ge=30, le=730, description="days for which Azure keeps logs; above 30 they cost by size and month"
    )
    daily_log_gb: float | None = Field(
        None,
        gt=0,
        le=1000,
        description="GB of logs that Azure takes a day, at most; what comes after is lost. Default: no limit. Bounds "
        "the bill of a stack where a loss does no harm",
    )


@dataclass(frozen=True, kw_only=True)
class WorkspacesSettings:
    """The settings of the stores of logs and metrics: two groups of the stack's file."""

    monitoring: MonitoringSettings
    """The days for which logs are kept, and the people who get alerts."""
    hours: HoursSettings
    """The hours in which the stack runs, and alerts reach people."""
