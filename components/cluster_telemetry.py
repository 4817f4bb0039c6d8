"""What leaves the cluster for Azure Monitor: metrics (managed Prometheus), containers' logs, the control plane's log.

The collecting rules have the shape of the add-ons' own templates:
https://github.com/Azure/prometheus-collector and https://github.com/microsoft/Docker-Provider
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.cluster import Cluster
from components.workspaces import Workspaces

monitor = azure.monitor

METRICS = "Microsoft-PrometheusMetrics"
LOGS = ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents", "Microsoft-KubePodInventory"]
CONTROL_PLANE = ("kube-audit-admin", "guard", "cluster-autoscaler", "kube-apiserver")
"""Who changed what, who was let in, why nodes came and went. `kube-audit` would add every read, and its price."""


@dataclass(frozen=True, kw_only=True)
class ClusterTelemetryArgs:
    """Containers' logs are kept of `namespaces` only; those of the platform are in the control plane's."""

    cluster: Cluster
    workspaces: Workspaces
    namespaces: Sequence[str]


class ClusterTelemetry(ComponentResource):
    def __init__(self, name: str, args: ClusterTelemetryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ClusterTelemetry", name, {}, opts)
        self._args = args
        self._collect(
            f"{name}-metrics",
            association="ContainerMetrics",
            endpoint=True,
            sources=monitor.DataCollectionRuleDataSourcesArgs(
                prometheus_forwarder=[
                    monitor.PrometheusForwarderDataSourceArgs(name="PrometheusDataSource", streams=[METRICS])
                ]
            ),
            destinations=monitor.DataCollectionRuleDestinationsArgs(
                monitoring_accounts=[
                    monitor.MonitoringAccountDestinationArgs(
                        name="MonitoringAccount1", account_resource_id=args.workspaces.metrics_id
                    )
                ]
            ),
            flow=monitor.DataFlowArgs(streams=[METRICS], destinations=["MonitoringAccount1"]),
        )
        self._collect(
            f"{name}-logs",
            association="ContainerInsightsExtension",  # the agent looks for this name
            endpoint=False,
            sources=monitor.DataCollectionRuleDataSourcesArgs(extensions=[self._containers()]),
            destinations=monitor.DataCollectionRuleDestinationsArgs(
                log_analytics=[
                    monitor.LogAnalyticsDestinationArgs(
                        name="ciworkspace", workspace_resource_id=args.workspaces.logs_id
                    )
                ]
            ),
            flow=monitor.DataFlowArgs(streams=list(LOGS), destinations=["ciworkspace"]),
        )
        monitor.DiagnosticSetting(
            f"{name}-control-plane",
            name="control-plane",
            resource_uri=args.cluster.resource.id,
            workspace_id=args.workspaces.logs_id,
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in CONTROL_PLANE],
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _containers(self) -> monitor.ExtensionDataSourceArgs:
        collected = {
            "interval": "1m",
            "namespaceFilteringMode": "Include",
            "namespaces": list(self._args.namespaces),
            "enableContainerLogV2": True,
        }
        return monitor.ExtensionDataSourceArgs(
            name="ContainerInsightsExtension",
            extension_name="ContainerInsights",
            streams=list(LOGS),
            extension_settings={"dataCollectionSettings": collected},
        )

    def _collect(
        self,
        name: str,
        *,
        association: str,
        endpoint: bool,
        sources: monitor.DataCollectionRuleDataSourcesArgs,
        destinations: monitor.DataCollectionRuleDestinationsArgs,
        flow: monitor.DataFlowArgs,
    ) -> None:
        """A rule, and that it holds for the cluster."""
        group = self._args.workspaces.group
        rule = monitor.DataCollectionRule(
            name,
            resource_group_name=group.group_name,
            location=group.location,
            kind="Linux",
            data_collection_endpoint_id=self._endpoint(name) if endpoint else None,
            data_sources=sources,
            destinations=destinations,
            data_flows=[flow],
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        monitor.DataCollectionRuleAssociation(
            name,
            resource_uri=self._args.cluster.resource.id,
            association_name=association,
            data_collection_rule_id=rule.id,
            opts=ResourceOptions(parent=self),
        )

    def _endpoint(self, name: str) -> Output[str]:
        group = self._args.workspaces.group
        return monitor.DataCollectionEndpoint(
            name,
            resource_group_name=group.group_name,
            location=group.location,
            kind="Linux",
            # The agents come from the nodes' own address; what they send is authorised by their identity.
            network_acls=monitor.DataCollectionEndpointNetworkAclsArgs(public_network_access="Enabled"),
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        ).id
