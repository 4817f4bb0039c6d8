"""The resource group that everything on Azure is in, and the account it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, InvokeOptions, Output, ResourceOptions

from components.settings.azure import AzureSettings


@dataclass(frozen=True, kw_only=True)
class ResourceGroupArgs:
    settings: AzureSettings
    tags: Mapping[str, str]


class ResourceGroup(ComponentResource):
    """Named as the component, unique in the subscription; with what everything in it needs: location, zones, tags."""

    group_name: Output[str]
    plain_name: str
    """The name as it is known before the group exists."""
    location: str
    zones: list[str]
    tags: dict[str, str]
    subscription_id: Output[str]
    tenant_id: Output[str]
    scope: Output[str]
    """The group's resource id, for role assignments."""

    def __init__(self, name: str, args: ResourceGroupArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ResourceGroup", name, {}, opts)
        settings = args.settings
        self.plain_name, self.location = name, settings.location
        self.zones, self.tags = list(settings.zones), dict(args.tags)
        group = azure.resources.ResourceGroup(
            name,
            resource_group_name=name,
            location=self.location,
            tags=self.tags,
            opts=ResourceOptions(parent=self),
        )
        self.group_name, self.scope = group.name, group.id
        caller = azure.authorization.get_client_config_output(opts=InvokeOptions(parent=self))
        subscription, tenant = settings.subscription_id, settings.tenant_id
        self.subscription_id = Output.from_input(str(subscription)) if subscription else caller.subscription_id
        self.tenant_id = Output.from_input(str(tenant)) if tenant else caller.tenant_id
        self.register_outputs({"group_name": self.group_name, "tenant_id": self.tenant_id})
