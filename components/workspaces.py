"""Where the logs and the metrics of Azure are kept, and who is told when they look bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi_azure_native as azure
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.resource_group import ResourceGroup
from components.settings.monitoring import MonitoringSettings

insights = azure.operationalinsights
monitor = azure.monitor


@dataclass(frozen=True, kw_only=True)
class WorkspacesArgs:
    group: ResourceGroup
    settings: MonitoringSettings


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Of a metric of a resource: its `statistic` over `minutes` is above `threshold`, or `below` it. `severity` is 0
    (critical) to 4 (for the record)."""

    metric: str
    statistic: Literal["Average", "Maximum"]
    threshold: float
    minutes: Literal[5, 15]
    severity: int
    summary: str
    below: bool = False
    only: tuple[str, str] | None = None
    """Name of a dimension, and the value of it that counts."""


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

    def keep_logs(self, name: str, *, of: Input[str], categories: Sequence[str], parent: Resource) -> None:
        """Of the resource with the id `of`, in tables of their own."""
        monitor.DiagnosticSetting(
            name,
            name=name,
            resource_uri=of,
            workspace_id=self.logs_id,
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in categories],
            opts=ResourceOptions(parent=parent),
        )

    def alert(self, name: str, condition: Condition, *, of: Input[str], parent: Resource) -> None:
        """Tells people while `condition` holds for the resource with the id `of`."""
        only = condition.only
        dimensions = only and [monitor.MetricDimensionArgs(name=only[0], operator="Include", values=[only[1]])]
        monitor.MetricAlert(
            name,
            resource_group_name=self.group.group_name,
            location="Global",
            description=condition.summary,
            scopes=[of],
            severity=condition.severity,
            enabled=True,
            evaluation_frequency="PT1M",
            window_size=f"PT{condition.minutes}M",
            criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
                odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                all_of=[
                    monitor.MetricCriteriaArgs(
                        name="condition",
                        criterion_type="StaticThresholdCriterion",
                        metric_name=condition.metric,
                        operator="LessThan" if condition.below else "GreaterThan",
                        threshold=condition.threshold,
                        time_aggregation=condition.statistic,
                        dimensions=dimensions,
                    )
                ],
            ),
            actions=[monitor.MetricAlertActionArgs(action_group_id=self.alerts_id)],
            tags=self.group.tags,
            opts=ResourceOptions(parent=parent),
        )
