"""The container registry. Nobody has a password to it: clusters pull and people push with their own identities."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.resource_group import ResourceGroup
from components.settings.azure import RegistrySettings
from components.workspaces import Workspaces

acr = azure.containerregistry

LOGS = ("ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents")
"""Who came, and who pushed, pulled or removed what."""


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    group: ResourceGroup
    workspaces: Workspaces
    settings: RegistrySettings


class Registry(ComponentResource):
    registry_id: Output[str]
    login_server: Output[str]
    python_image: str | None
    """What images start from instead of what their Dockerfiles name."""

    def __init__(self, name: str, args: RegistryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Registry", name, {}, opts)
        self.python_image = args.settings.python_image
        premium = args.settings.sku == "Premium"
        registry = acr.Registry(
            name,
            resource_group_name=args.group.group_name,
            location=args.group.location,
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
            tags=args.group.tags,
            opts=ResourceOptions(parent=self),
        )
        self.registry_id, self.login_server = registry.id, registry.login_server
        args.workspaces.keep_logs(f"{name}-logs", of=registry.id, categories=LOGS, parent=self)
        self.register_outputs({"login_server": self.login_server})
