"""Settings of what is measured, how long it is kept and who is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from components.settings.checks import Group, in_production

EMail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class MonitoringSettings(Group):
    alert_emails: Annotated[
        tuple[EMail, ...],
        in_production(bool, "must name somebody: an alert that nobody gets is none"),
    ] = Field((), description="who is told of Azure's alerts, by e-mail")
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
