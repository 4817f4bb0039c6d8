"""Settings of the place of the stack on Azure, and of its registry."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from components.settings.checks import Group, one_of


class AzureSettings(Group):
    """The place of the stack on Azure."""

    location: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]+$")] = Field(
        description="Azure region of everything on Azure, such as westeurope; choose one near the AWS region, every "
        "request crosses the distance"
    )
    subscription_id: UUID | None = Field(None, description="subscription; default: the one that is logged in")
    tenant_id: UUID | None = Field(None, description="Entra tenant; default: the one that is logged in")
    zones: tuple[Annotated[str, one_of("1", "2", "3")], ...] = Field(
        (), description="availability zones of nodes and addresses; none where the location has none"
    )


class RegistrySettings(Group):
    """The container registry."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{5,50}$")] = Field(
        description="name of the container registry, unique on all of Azure: 5 to 50 of a-z and 0-9"
    )
    sku: Literal["Basic", "Standard", "Premium"] = Field(
        "Basic", description="Premium adds zone redundancy and removes untagged images after retentionDays"
    )
    python_image: Annotated[str, StringConstraints(pattern=r"^\S+@sha256:[0-9a-f]{64}$")] | None = Field(
        None,
        description="image that the services' images start from, by digest; default: the one that the Dockerfile names",
    )
    retention_days: int = Field(
        30, ge=7, le=365, description="days until untagged images go; longer than you may want to roll back"
    )
