"""The maintenance windows of a cluster and its nodes, and the safeguards against objects that break best practice."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, ResourceOptions

from components.azure.placement import Placement
from components.settings.cluster import MAINTENANCE_HOURS, ClusterSettings

aks = azure.containerservice


@dataclass(frozen=True, kw_only=True)
class UpkeepArgs:
    placement: Placement
    """The resource group, region and tags of the cluster."""
    cluster: aks.ManagedCluster
    """The cluster that is upgraded."""
    settings: ClusterSettings
    """Day, hour and safeguards: the group `cluster` of the stack's file."""


class Upkeep(ComponentResource):
    """The maintenance windows of a cluster, and its deployment safeguards."""

    def __init__(self, name: str, args: UpkeepArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Upkeep", name, {}, opts)
        settings, own = args.settings, ResourceOptions(parent=self)
        for kind, config_name in (
            ("upgrades", "aksManagedAutoUpgradeSchedule"),
            ("node-images", "aksManagedNodeOSUpgradeSchedule"),
        ):
            aks.MaintenanceConfiguration(
                f"{name}-{kind}",
                resource_group_name=args.placement.group_name,
                resource_name_=args.cluster.name,
                config_name=config_name,
                maintenance_window=aks.MaintenanceWindowArgs(
                    duration_hours=MAINTENANCE_HOURS,
                    start_time=f"{settings.maintenance_hour:02}:00",
                    utc_offset="+00:00",
                    schedule=aks.ScheduleArgs(
                        weekly=aks.WeeklyScheduleArgs(day_of_week=settings.maintenance_day, interval_weeks=1)
                    ),
                ),
                opts=own,
            )
        aks.DeploymentSafeguard(name, resource_uri=args.cluster.id, level=settings.safeguards, opts=own)
        self.register_outputs({})
