"""The stores of Azure's logs and metrics, and the people who get alerts when they look bad."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, ResourceOptions

from components.azure.monitoring import Monitoring
from components.azure.placement import Placement
from components.settings.monitoring import WorkspacesSettings

insights = azure.operationalinsights
monitor = azure.monitor
rules = azure.alertsmanagement

START_MINUTES = 30
"""Minutes that a start may take, until the metrics of everything are there again."""


@dataclass(frozen=True, kw_only=True)
class WorkspacesArgs:
    placement: Placement
    """The resource group, region and tags of the workspaces."""
    settings: WorkspacesSettings
    """The days for which logs are kept, and who gets alerts when: the groups `monitoring` and `hours` of the stack's
    file."""


class Workspaces(ComponentResource):
    """A store of logs, a store of metrics, and the list of people who get alerts.

    The stores are read with Entra identities only: the workspace's own keys are off.
    """

    monitoring: Monitoring
    """The stores and the alerts' receivers, which other components use."""

    def __init__(self, name: str, args: WorkspacesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Workspaces", name, {}, opts)
        settings, hours, place = args.settings.monitoring, args.settings.hours, args.placement
        cap = settings.daily_log_gb
        logs = insights.Workspace(
            f"{name}-logs",
            resource_group_name=place.group_name,
            location=place.location,
            sku=insights.WorkspaceSkuArgs(name=insights.WorkspaceSkuNameEnum.PER_GB2018),
            retention_in_days=settings.log_retention_days,
            workspace_capping=insights.WorkspaceCappingArgs(daily_quota_gb=cap) if cap else None,
            features=insights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        )
        metrics = monitor.AzureMonitorWorkspace(
            f"{name}-metrics",
            resource_group_name=place.group_name,
            location=place.location,
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        )
        people = monitor.ActionGroup(
            f"{name}-alerts",
            resource_group_name=place.group_name,
            location="Global",
            group_short_name="alerts",
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=address, email_address=address, use_common_alert_schema=True
                )
                for address in settings.alert_emails
            ],
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        )
        if hours.begin is not None and hours.end is not None:
            self._quiet(name, place, begin=hours.begin, end=hours.end)
        self.monitoring = Monitoring(placement=place, logs_id=logs.id, metrics_id=metrics.id, alerts_id=people.id)
        self.register_outputs({"logs_id": logs.id, "metrics_id": metrics.id})

    def _quiet(self, name: str, place: Placement, *, begin: int, end: int) -> None:
        """Declares that alerts reach nobody while the stack is stopped or starts.

        They go off all the same, for a server that is stopped does not answer, and metrics that nobody sends are
        missing; they can be seen, and are over once everything runs again.
        """
        night = rules.DailyRecurrenceArgs(
            recurrence_type="Daily", start_time=f"{end:02}:00:00", end_time=f"{begin:02}:{START_MINUTES}:00"
        )
        weekend = rules.WeeklyRecurrenceArgs(recurrence_type="Weekly", days_of_week=["Saturday", "Sunday"])
        rules.AlertProcessingRuleByName(
            f"{name}-quiet",
            resource_group_name=place.group_name,
            location="Global",
            alert_processing_rule_name=f"{name}-quiet",
            properties=rules.AlertProcessingRulePropertiesArgs(
                description="The stack is stopped at night and at weekends",
                scopes=[place.group_id],
                actions=[rules.RemoveAllActionGroupsArgs(action_type="RemoveAllActionGroups")],
                schedule=rules.ScheduleArgs(time_zone="UTC", recurrences=[night, weekend]),
                enabled=True,
            ),
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        )
