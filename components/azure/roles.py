"""Grants of Azure's built-in roles (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles)."""

from __future__ import annotations

from enum import StrEnum

import pulumi_azure_native as azure
from pulumi import Input, Output, Resource, ResourceOptions

from components.azure.placement import Placement


class Role(StrEnum):
    """The roles that the program grants, by their ids, which are the same in every tenant."""

    ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
    NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"


def grant(
    name: str, *, role: Role, to: Input[str], on: Input[str], placement: Placement, parent: Resource
) -> azure.authorization.RoleAssignment:
    """Lets the managed identity with the principal id `to` act as `role` on the resource with the id `on`."""
    definition = Output.format(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{}", placement.subscription_id, role.value
    )
    return azure.authorization.RoleAssignment(
        name,
        principal_id=to,
        # Without it Azure looks a new identity up in the directory, where it is not found for some seconds.
        principal_type=azure.authorization.PrincipalType.SERVICE_PRINCIPAL,
        role_definition_id=definition,
        scope=on,
        opts=ResourceOptions(parent=parent),
    )
