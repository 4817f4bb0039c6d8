"""An identity of Azure that nobody has a password or a key to."""

from __future__ import annotations

import pulumi_azure_native as azure
from pulumi import Resource, ResourceOptions

from components.resource_group import ResourceGroup


def managed_identity(
    name: str, *, group: ResourceGroup, parent: Resource
) -> azure.managedidentity.UserAssignedIdentity:
    return azure.managedidentity.UserAssignedIdentity(
        name,
        resource_group_name=group.group_name,
        location=group.location,
        tags=group.tags,
        opts=ResourceOptions(parent=parent),
    )
