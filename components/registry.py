"""The container registry. Nobody has a password to it: clusters pull and people push with their own identities."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.image import ImageStore
from components.azure.monitoring import Monitoring
from components.azure.placement import Placement
from components.settings.azure import RegistrySettings

acr = azure.containerregistry

LOGS = ("ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents")
"""The logs of who logged in, and of who pushed, pulled or removed which image."""


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    placement: Placement
    """The resource group, region and tags of the registry."""
    monitoring: Monitoring
    """The store of the registry's logs."""
    settings: RegistrySettings
    """Name and tier: the group `registry` of the stack's file."""


class Registry(ComponentResource):
    """A registry without an admin account and without anonymous pulls."""

    registry_id: Output[str]
    """The registry's resource id, on which a cluster is granted the right to pull."""
    images: ImageStore
    """The facts about the registry that images need."""

    def __init__(self, name: str, args: RegistryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Registry", name, {}, opts)
        premium = args.settings.sku == "Premium"
        registry = acr.Registry(
            name,
            resource_group_name=args.placement.group_name,
            location=args.placement.location,
            registry_name=args.settings.name,
            sku=acr.SkuArgs(name=args.settings.sku),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            zone_redundancy="Enabled" if premium else None,
            policies=acr.PoliciesArgs(
                retention_policy=acr.RetentionPolicyArgs(status="enabled", days=args.settings.retention_days)
            )
            if premium
            else None,
            tags=args.placement.tags,
            opts=ResourceOptions(parent=self),
        )
        self.registry_id = registry.id
        self.images = ImageStore(registry=registry.login_server, python_image=args.settings.python_image)
        args.monitoring.keep_logs(f"{name}-logs", of=registry.id, categories=LOGS, parent=self)
        self.register_outputs({"login_server": registry.login_server})
