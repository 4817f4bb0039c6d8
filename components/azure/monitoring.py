"""The monitoring of resources on Azure: the store of their logs, and the people who get alerts about bad metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi_azure_native as azure
from pulumi import Input, Output, Resource, ResourceOptions

from components.azure.placement import Placement

monitor = azure.monitor


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A limit of a resource's metric; people are alerted when it is passed."""

    metric: str
    """The metric's name at Azure Monitor."""
    statistic: Literal["Average", "Maximum"]
    """The statistic of the values of one window."""
    threshold: float
    """The limit, in the metric's unit."""
    minutes: Literal[5, 15]
    """The length of the window, in minutes."""
    severity: int
    """0 (critical) to 4 (for the record)."""
    summary: str
    """The text of the alert, a sentence without its full stop."""
    below: bool = False
    """True if values below the limit are bad. Default: those above it are."""


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """The stores of logs and metrics, and the people who get alerts."""

    placement: Placement
    """The resource group, region and tags of the alerts."""
    logs_id: Output[str]
    """The Log Analytics workspace."""
    metrics_id: Output[str]
    """The Azure Monitor workspace: the store of managed Prometheus."""
    alerts_id: Output[str]
    """The action group, which writes to people."""

    def keep_logs(self, name: str, *, of: Input[str], categories: Sequence[str], parent: Resource) -> None:
        """Keeps the logs of the resource with the id `of`, in tables of their own."""
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
        """Alerts people while `condition` holds for the resource with the id `of`."""
        monitor.MetricAlert(
            name,
            resource_group_name=self.placement.group_name,
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
                    )
                ],
            ),
            actions=[monitor.MetricAlertActionArgs(action_group_id=self.alerts_id)],
            tags=self.placement.tags,
            opts=ResourceOptions(parent=parent),
        )
