"""Rules of tags, which name the owner of a resource and who pays for it."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import Finding, Resource, Rule, Stack

REQUIRED = ("project", "env", "feature", "owner", "cost-center")

_TAGGED = (
    "azure-native:containerregistry:Registry",
    "azure-native:containerservice:ManagedCluster",
    "azure-native:dbforpostgresql:Server",
    "azure-native:keyvault:Vault",
    "azure-native:managedidentity:UserAssignedIdentity",
    "azure-native:monitor:ActionGroup",
    "azure-native:monitor:AzureMonitorWorkspace",
    "azure-native:network:NatGateway",
    "azure-native:network:PublicIPAddress",
    "azure-native:network:VirtualNetwork",
    "azure-native:operationalinsights:Workspace",
    "azure-native:privatedns:PrivateZone",
    "azure-native:privatedns:VirtualNetworkLink",
    "azure-native:resources:ResourceGroup",
)


def azure_resources_are_tagged(resource: Resource) -> Iterator[Finding]:
    tags = resource.get("tags", {})
    missing = [tag for tag in REQUIRED if not tags.get(tag)]
    if missing:
        yield Finding(
            property="tags",
            allowed=f"hold {', '.join(missing)}",
            given=dict(tags),
            do="Pass the resource group's tags on; they are crosscloud:tags in the stack's file.",
        )


def aws_tags_everything(stack: Stack) -> Iterator[Finding]:
    tags = stack.config.get("aws:defaultTags", {}).get("tags", {})
    missing = [tag for tag in REQUIRED if not tags.get(tag)]
    if missing and any(resource.type.startswith("aws:") for resource in stack.resources):
        yield Finding(
            property="aws:defaultTags",
            allowed=f"hold {', '.join(missing)}",
            given=tags,
            do="Add them in the stack's file.",
        )


RULES = (
    Rule(
        name="azure-resources-are-tagged",
        why="A resource that nobody owns is neither patched nor deleted, and its cost is nobody's",
        source="https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
        types=_TAGGED,
        resource=azure_resources_are_tagged,
        clouds_only=True,
    ),
    Rule(
        name="aws-tags-everything",
        why="A resource that nobody owns is neither patched nor deleted, and its cost is nobody's",
        source="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
        stack=aws_tags_everything,
        clouds_only=True,
        plan_only=True,
    ),
)
