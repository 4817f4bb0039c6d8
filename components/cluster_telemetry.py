"""What leaves the cluster for Azure Monitor: metrics (managed Prometheus), containers' logs, the control plane's log.

The collecting rules have the shape of the add-ons' own templates:
https://github.com/Azure/prometheus-collector and https://github.com/microsoft/Docker-Provider
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.ingress import Ingress
from components.kubernetes.envoy_gateway import NAMESPACE as PROXIES
from components.kubernetes.scraping import Scraping, ScrapingArgs
from components.namespace import Namespace

monitor = azure.monitor

METRICS = "Microsoft-PrometheusMetrics"
LOGS = ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents", "Microsoft-KubePodInventory"]
CONTROL_PLANE = ("kube-audit-admin", "guard", "cluster-autoscaler", "kube-apiserver")
"""Who changed what, who was let in, why nodes came and went. `kube-audit` would add every read, and its price."""


@dataclass(frozen=True, kw_only=True)
class ClusterTelemetryArgs:
    """Containers' logs are kept of the ingress's proxies and of the services in `namespace`; those of the platform are
    in the control plane's."""

    ingress: Ingress
    namespace: Namespace


class ClusterTelemetry(ComponentResource):
    def __init__(self, name: str, args: ClusterTelemetryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ClusterTelemetry", name, {}, opts)
        self._args, self._cluster = args, args.ingress.cluster
        self._workspaces = workspaces = self._cluster.workspaces
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
                        name="MonitoringAccount1", account_resource_id=workspaces.metrics_id
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
                    monitor.LogAnalyticsDestinationArgs(name="ciworkspace", workspace_resource_id=workspaces.logs_id)
                ]
            ),
            flow=monitor.DataFlowArgs(streams=list(LOGS), destinations=["ciworkspace"]),
        )
        workspaces.keep_logs(
            f"{name}-control-plane", of=self._cluster.resource.id, categories=CONTROL_PLANE, parent=self
        )
        certificates = args.ingress.certificates
        Scraping(
            name,
            ScrapingArgs(
                cluster=self._cluster,
                namespace=args.namespace.namespace,
                hosts={service: leaf.identity for service, leaf in certificates.services.items()},
                trust=certificates.server_trust,
            ),
            ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _containers(self) -> monitor.ExtensionDataSourceArgs:
        collected = {
            "interval": "1m",
            "namespaceFilteringMode": "Include",
            "namespaces": [self._args.namespace.namespace, PROXIES],
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
        group = self._workspaces.group
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
            resource_uri=self._cluster.resource.id,
            association_name=association,
            data_collection_rule_id=rule.id,
            opts=ResourceOptions(parent=self),
        )

    def _endpoint(self, name: str) -> Output[str]:
        group = self._workspaces.group
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
