"""Where the logs and the metrics of Azure are kept, and who is told when they look bad."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.resource_group import ResourceGroup
from components.settings.monitoring import MonitoringSettings

insights = azure.operationalinsights
monitor = azure.monitor


@dataclass(frozen=True, kw_only=True)
class WorkspacesArgs:
    group: ResourceGroup
    settings: MonitoringSettings


class Workspaces(ComponentResource):
    """Read with Entra identities only: the workspace's own keys are off."""

    group: ResourceGroup
    logs_id: Output[str]
    """Log Analytics."""
    metrics_id: Output[str]
    """Azure Monitor workspace, the store of managed Prometheus."""
    alerts_id: Output[str]
    """The action group: who is told."""

    def __init__(self, name: str, args: WorkspacesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Workspaces", name, {}, opts)
        self.group = group = args.group
        cap = args.settings.daily_log_gb
        self.logs_id = insights.Workspace(
            f"{name}-logs",
            resource_group_name=group.group_name,
            location=group.location,
            sku=insights.WorkspaceSkuArgs(name=insights.WorkspaceSkuNameEnum.PER_GB2018),
            retention_in_days=args.settings.log_retention_days,
            workspace_capping=insights.WorkspaceCappingArgs(daily_quota_gb=cap) if cap else None,
            features=insights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        ).id
        self.metrics_id = monitor.AzureMonitorWorkspace(
            f"{name}-metrics",
            resource_group_name=group.group_name,
            location=group.location,
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        ).id
        self.alerts_id = monitor.ActionGroup(
            f"{name}-alerts",
            resource_group_name=group.group_name,
            location="Global",
            group_short_name="alerts",
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=address, email_address=address, use_common_alert_schema=True
                )
                for address in args.settings.alert_emails
            ],
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        ).id
        self.register_outputs({"logs_id": self.logs_id, "metrics_id": self.metrics_id})
