"""The nodes that the cluster begins with, and how their number follows the load."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_azure_native as azure
from pulumi import Input

from components.settings.cluster import ClusterSettings

aks = azure.containerservice


def system_pool(
    settings: ClusterSettings, zones: Sequence[str], subnet_id: Input[str]
) -> aks.ManagedClusterAgentPoolProfileArgs:
    """Returns the pool that the cluster begins with. It keeps other pods out where Azure makes nodes for them."""
    own = settings.node_auto_provisioning
    return aks.ManagedClusterAgentPoolProfileArgs(
        name="system",
        mode="System",
        type="VirtualMachineScaleSets",
        os_type="Linux",
        os_sku="AzureLinux",
        os_disk_type=settings.os_disk,
        os_disk_size_gb=settings.os_disk_gb,
        vm_size=settings.node_size,
        count=settings.min_nodes,
        # Azure refuses the cluster autoscaler beside node auto-provisioning.
        enable_auto_scaling=not own,
        min_count=None if own else settings.min_nodes,
        max_count=None if own else settings.max_nodes,
        node_taints=["CriticalAddonsOnly=true:NoSchedule"] if own else None,
        availability_zones=list(zones) or None,
        vnet_subnet_id=subnet_id,
        max_pods=110,
        upgrade_settings=aks.AgentPoolUpgradeSettingsArgs(
            max_surge="33%", drain_timeout_in_minutes=30, node_soak_duration_in_minutes=5
        ),
    )


def autoscaler(settings: ClusterSettings) -> aks.ManagedClusterPropertiesAutoScalerProfileArgs | None:
    """Returns the settings of the cluster autoscaler, or None where node auto-provisioning takes its place.

    Every node has pods of the system, and every service's pod has a temporary folder: with Azure's defaults, which keep
    such nodes, no node would ever be removed.
    """
    if settings.node_auto_provisioning:
        return None
    return aks.ManagedClusterPropertiesAutoScalerProfileArgs(
        skip_nodes_with_system_pods="false", skip_nodes_with_local_storage="false"
    )
