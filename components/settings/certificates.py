"""Settings of the certificates with which the clouds know each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.settings.checks import Group, Label, at_least, check

DAY = 24
"""Hours."""
ALARM_DAYS = 21
"""Days before its end at which people are told of a certificate: a renewal takes one update, but people are away
for two weeks."""


class CertificatesSettings(Group):
    """The labels of the certificates, by which they are renewed.

    A new `epoch` renews every leaf under the same authorities. The authorities are renewed in three updates of their
    list, each of which changes either who is trusted or who signs: add the next; put it first; remove the last.
    """

    authorities: Annotated[
        tuple[Label, ...],
        check(bool, "must name at least one authority"),
        check(lambda labels: len(set(labels)) == len(labels), "must name each authority once"),
    ] = Field(description='labels of the authorities that are trusted, such as ["2026"]; the first one signs')
    epoch: Label = Field(description="label of the leaf certificates, such as 2026-11; a new one renews them all")
    leaf_hours: int = Field(
        90 * DAY,
        ge=DAY,
        le=200 * DAY,
        description="lifetime of the leaf certificates, which nobody can revoke; at most what public authorities give "
        "since March 2026 (https://cabforum.org/2025/04/11/"
        "ballot-sc081v3-introduce-schedule-of-reducing-validity-and-data-reuse-periods/). Alarms go off "
        f"{ALARM_DAYS} days before the end",
    )
    authority_hours: Annotated[int, at_least("leaf_hours")] = Field(
        5 * 365 * DAY, le=20 * 365 * DAY, description="lifetime of the authorities"
    )
