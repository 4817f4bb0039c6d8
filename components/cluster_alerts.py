"""What somebody is told about the cluster and its services, before callers tell them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, ResourceOptions

from components.cluster import Cluster
from components.workspaces import Workspaces

rules = azure.alertsmanagement
monitor = azure.monitor


@dataclass(frozen=True, kw_only=True)
class ClusterAlertsArgs:
    """`namespace` is that of the services."""

    cluster: Cluster
    workspaces: Workspaces
    namespace: str


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A condition in PromQL that has to hold for `minutes`. `severity` is 0 (critical) to 4 (for the record)."""

    name: str
    expression: str
    minutes: int
    severity: int
    summary: str


def alerts(namespace: str) -> list[Alert]:
    """Symptoms first: what callers notice, then what will make them notice."""
    here = f'namespace="{namespace}"'
    return [
        Alert(
            name="PodsCrash",
            expression=f"max by (pod) (max_over_time(kube_pod_container_status_waiting_reason{{{here},"
            'reason="CrashLoopBackOff"}[5m])) >= 1',
            minutes=5,
            severity=1,
            summary="A pod starts and ends again and again; its log has the reason.",
        ),
        Alert(
            name="TooFewPodsReady",
            expression=f"kube_deployment_status_replicas_available{{{here}}} < "
            f"kube_deployment_spec_replicas{{{here}}} * 0.75",
            minutes=10,
            severity=1,
            summary="Less than three quarters of a service's pods are ready.",
        ),
        Alert(
            name="RollOutStuck",
            expression=f'kube_deployment_status_condition{{{here},condition="Progressing",status="false"}} == 1',
            minutes=5,
            severity=2,
            summary="A roll-out does not get on; the old pods still serve.",
        ),
        Alert(
            name="AutoscalerAtItsEnd",
            expression=f"kube_horizontalpodautoscaler_status_current_replicas{{{here}}} >= "
            f"kube_horizontalpodautoscaler_spec_max_replicas{{{here}}}",
            minutes=15,
            severity=2,
            summary="A service has as many pods as it may; more load makes it slow.",
        ),
        Alert(
            name="OutOfMemory",
            expression="max by (pod) (kube_pod_container_status_last_terminated_reason{"
            f'{here},reason="OOMKilled"}}) == 1'
            f" and max by (pod) (increase(kube_pod_container_status_restarts_total{{{here}}}[15m])) > 0",
            minutes=1,
            severity=2,
            summary="A pod was ended because it used more memory than its limit.",
        ),
    ]


class ClusterAlerts(ComponentResource):
    def __init__(self, name: str, args: ClusterAlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ClusterAlerts", name, {}, opts)
        group, told = args.workspaces.group, args.workspaces.alerts_id
        rules.PrometheusRuleGroup(
            name,
            resource_group_name=group.group_name,
            location=group.location,
            description="The services and their pods",
            scopes=[args.workspaces.metrics_id, args.cluster.resource.id],
            cluster_name=args.cluster.cluster_name,
            interval="PT1M",
            enabled=True,
            rules=[
                rules.PrometheusRuleArgs(
                    alert=alert.name,
                    expression=alert.expression,
                    for_=f"PT{alert.minutes}M",
                    severity=alert.severity,
                    enabled=True,
                    annotations={"summary": alert.summary},
                    actions=[rules.PrometheusRuleGroupActionArgs(action_group_id=told)],
                    resolve_configuration=rules.PrometheusRuleResolveConfigurationArgs(
                        auto_resolved=True, time_to_resolve="PT10M"
                    ),
                )
                for alert in alerts(args.namespace)
            ],
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        monitor.MetricAlert(
            f"{name}-nodes",
            resource_group_name=group.group_name,
            location="Global",
            description="A node is not ready",
            scopes=[args.cluster.resource.id],
            severity=1,
            enabled=True,
            evaluation_frequency="PT1M",
            window_size="PT5M",
            criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
                odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                all_of=[
                    monitor.MetricCriteriaArgs(
                        name="not-ready",
                        criterion_type="StaticThresholdCriterion",
                        metric_namespace="Microsoft.ContainerService/managedClusters",
                        metric_name="kube_node_status_condition",
                        operator="GreaterThan",
                        threshold=0,
                        time_aggregation="Average",
                        dimensions=[
                            monitor.MetricDimensionArgs(name="status2", operator="Include", values=["NotReady"])
                        ],
                    )
                ],
            ),
            actions=[monitor.MetricAlertActionArgs(action_group_id=told)],
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})
