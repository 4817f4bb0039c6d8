"""The cluster's data for Azure Monitor: metrics (managed Prometheus), containers' logs, the control plane's log.

The collecting rules have the shape of the add-ons' own templates:
https://github.com/Azure/prometheus-collector and https://github.com/microsoft/Docker-Provider
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.monitoring import Monitoring
from components.certificates import Certificates
from components.cluster import Cluster
from components.kubernetes.envoy_gateway import NAMESPACE as PROXIES
from components.kubernetes.mesh import METRICS_PORT
from components.kubernetes.scraping import Scraping, ScrapingArgs

monitor = azure.monitor

METRICS = "Microsoft-PrometheusMetrics"
"""The stream of the metrics."""
LOGS = ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents", "Microsoft-KubePodInventory"]
"""The streams of the containers' logs and of what happens to pods."""
CONTROL_PLANE = ("kube-audit-admin", "guard", "cluster-autoscaler", "kube-apiserver")
"""The logs that say who changed what, who was let in, and why nodes came and went.

`kube-audit` would add every read, and its price.
"""


@dataclass(frozen=True, kw_only=True)
class ClusterTelemetryArgs:
    monitoring: Monitoring
    """The stores of metrics and logs."""
    cluster: Cluster
    """The cluster that they come from."""
    certificates: Certificates
    """The certificates by which the services' pods are known when their metrics are read."""
    namespace: str
    """The namespace of the services. The logs of its containers are kept, and those of the ingress's proxies."""


class ClusterTelemetry(ComponentResource):
    """The rules by which the agents in the cluster collect metrics and logs, and the jobs that read the services."""

    def __init__(self, name: str, args: ClusterTelemetryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ClusterTelemetry", name, {}, opts)
        self._args, monitoring = args, args.monitoring
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
                        name="MonitoringAccount1", account_resource_id=monitoring.metrics_id
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
                    monitor.LogAnalyticsDestinationArgs(name="ciworkspace", workspace_resource_id=monitoring.logs_id)
                ]
            ),
            flow=monitor.DataFlowArgs(streams=list(LOGS), destinations=["ciworkspace"]),
        )
        monitoring.keep_logs(f"{name}-control-plane", of=args.cluster.cluster_id, categories=CONTROL_PLANE, parent=self)
        Scraping(
            name,
            ScrapingArgs(
                access=args.cluster.access,
                namespace=args.namespace,
                hosts={service: leaf.identity for service, leaf in args.certificates.services.items()},
                port=METRICS_PORT if args.cluster.mesh else None,
                trust=args.certificates.server_trust,
            ),
            ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _containers(self) -> monitor.ExtensionDataSourceArgs:
        """Returns the source of the containers' logs."""
        collected = {
            "interval": "1m",
            "namespaceFilteringMode": "Include",
            "namespaces": [self._args.namespace, PROXIES],
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
        """Declares a rule, and that it holds for the cluster. With `endpoint` the rule has an address of its own."""
        place = self._args.monitoring.placement
        rule = monitor.DataCollectionRule(
            name,
            resource_group_name=place.group_name,
            location=place.location,
            kind="Linux",
            data_collection_endpoint_id=self._endpoint(name) if endpoint else None,
            data_sources=sources,
            destinations=destinations,
            data_flows=[flow],
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        )
        monitor.DataCollectionRuleAssociation(
            name,
            resource_uri=self._args.cluster.cluster_id,
            association_name=association,
            data_collection_rule_id=rule.id,
            opts=ResourceOptions(parent=self),
        )

    def _endpoint(self, name: str) -> Output[str]:
        """Declares the address that the agents send metrics to."""
        place = self._args.monitoring.placement
        return monitor.DataCollectionEndpoint(
            name,
            resource_group_name=place.group_name,
            location=place.location,
            kind="Linux",
            # The agents come from the nodes' own address; what they send is authorised by their identity.
            network_acls=monitor.DataCollectionEndpointNetworkAclsArgs(public_network_access="Enabled"),
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        ).id
