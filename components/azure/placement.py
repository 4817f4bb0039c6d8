"""The placement of resources on Azure, one value: their names, places and tags agree since all take them from it."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A resource group with what everything in it shares."""

    group_name: Output[str]
    """The group's name, known once the group exists."""
    plain_name: str
    """The same name, known at once."""
    group_id: Output[str]
    """The group's resource id, on which roles can be granted."""
    location: str
    """The Azure region, such as westeurope."""
    zones: list[str]
    """The availability zones to use; empty where the region has none."""
    tags: dict[str, str]
    """The tags of every resource."""
    subscription_id: Output[str]
    """The subscription that the group is in."""
    tenant_id: Output[str]
    """The Entra tenant of the subscription."""
