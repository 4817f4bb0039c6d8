"""Settings of the certificates with which the clouds know each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from components.settings.checks import Group, Label, at_least, wrong

DAY = 24


class CertificatesSettings(Group):
    """A new `epoch` renews every leaf under the same authorities: nobody notices. Authorities are renewed in three
    updates, so that old and new are trusted while both are in use: name the new one in `trustedAuthorities`; make it
    `authority` and name the old one there instead; remove the old one.
    """

    authority: Label = Field(description="label of the two authorities that sign, such as 2026")
    trusted_authorities: tuple[Label, ...] = Field(
        (), description="labels of authorities that are trusted besides: the next one, or the last one"
    )
    epoch: Label = Field(description="label of the leaf certificates, such as 2026-11; a new one renews them all")
    leaf_hours: int = Field(
        90 * DAY, ge=DAY, le=398 * DAY, description="lifetime of the leaf certificates; nothing renews them by itself"
    )
    authority_hours: Annotated[int, at_least("leaf_hours")] = Field(
        5 * 365 * DAY, le=20 * 365 * DAY, description="lifetime of the authorities"
    )

    @field_validator("trusted_authorities")
    @classmethod
    def _others(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        labels = [info.data.get("authority"), *value]
        if len(set(labels)) < len(labels):
            raise wrong("must name each authority once, and not the one that signs")
        return value
