"""An identity of Azure that nobody has a password or a key to."""

from __future__ import annotations

import pulumi_azure_native as azure
from pulumi import Resource, ResourceOptions

from components.azure.placement import Placement


def managed_identity(
    name: str, *, placement: Placement, parent: Resource
) -> azure.managedidentity.UserAssignedIdentity:
    """Declares a user-assigned identity."""
    return azure.managedidentity.UserAssignedIdentity(
        name,
        resource_group_name=placement.group_name,
        location=placement.location,
        tags=placement.tags,
        opts=ResourceOptions(parent=parent),
    )
