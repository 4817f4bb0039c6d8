"""The resource group that everything on Azure is in, and the account it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, InvokeOptions, Output, ResourceOptions

from components.azure.placement import Placement
from components.settings.azure import AzureSettings


@dataclass(frozen=True, kw_only=True)
class ResourceGroupArgs:
    settings: AzureSettings
    """Location, zones, subscription and tenant: the group `azure` of the stack's file."""
    tags: Mapping[str, str]
    """Tags of everything on Azure, which costs can be read by."""


class ResourceGroup(ComponentResource):
    """A resource group that has the component's name, which must be unique in the subscription."""

    placement: Placement
    """The facts about the group that the resources in it need."""

    def __init__(self, name: str, args: ResourceGroupArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ResourceGroup", name, {}, opts)
        settings, tags = args.settings, dict(args.tags)
        group = azure.resources.ResourceGroup(
            name,
            resource_group_name=name,
            location=settings.location,
            tags=tags,
            opts=ResourceOptions(parent=self),
        )
        caller = azure.authorization.get_client_config_output(opts=InvokeOptions(parent=self))
        subscription, tenant = settings.subscription_id, settings.tenant_id
        self.placement = Placement(
            group_name=group.name,
            plain_name=name,
            group_id=group.id,
            location=settings.location,
            zones=list(settings.zones),
            tags=tags,
            subscription_id=Output.from_input(str(subscription)) if subscription else caller.subscription_id,
            tenant_id=Output.from_input(str(tenant)) if tenant else caller.tenant_id,
        )
        self.register_outputs({"group_name": group.name, "tenant_id": self.placement.tenant_id})
