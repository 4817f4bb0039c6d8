"""What somebody is told about the cluster and its services, before callers tell them."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, ResourceOptions

from components.aws.alarm_catalogue import CERTIFICATE_DAYS
from components.cluster import Cluster
from components.namespace import Namespace
from components.workspaces import Condition

rules = azure.alertsmanagement


@dataclass(frozen=True, kw_only=True)
class ClusterAlertsArgs:
    """`namespace` is that of the services."""

    cluster: Cluster
    namespace: Namespace


NODES = Condition(
    metric="kube_node_status_condition",
    only=("status2", "NotReady"),
    statistic="Average",
    threshold=0,
    minutes=5,
    severity=1,
    summary="A node is not ready",
)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A condition in PromQL that has to hold for `minutes`. `severity` is 0 (critical) to 4 (for the record)."""

    name: str
    expression: str
    minutes: int
    severity: int
    summary: str


def alerts(namespace: str) -> list[Alert]:
    """Symptoms first: what callers notice, then what will make them notice.

    Of the cluster's own metrics Azure keeps few unless told otherwise:
    https://learn.microsoft.com/azure/azure-monitor/containers/prometheus-metrics-scrape-default#minimal-ingestion-profile
    """
    here = f'namespace="{namespace}"'
    # A canary's few answers must not drown in the others'.
    answers = "sum by (job, track) (rate(http_request_duration_seconds_count{%s}[5m]))"
    errors = answers % f'{here},status=~"5.."'
    return [
        Alert(
            name="ServerErrors",
            expression=f"{errors} > 0.05 * {answers % here}",
            minutes=5,
            severity=1,
            summary="More than one in twenty answers of a service is an error of its own.",
        ),
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
            expression=f"kube_deployment_status_replicas_updated{{{here}}} < kube_deployment_spec_replicas{{{here}}}",
            minutes=15,
            severity=2,
            summary="A roll-out does not get on; the old pods still serve.",
        ),
        Alert(
            name="AutoscalerAtItsEnd",
            expression=f"kube_horizontalpodautoscaler_status_current_replicas{{{here}}} >= "
            f"(kube_horizontalpodautoscaler_spec_max_replicas{{{here}}} > "
            f"kube_horizontalpodautoscaler_spec_min_replicas{{{here}}})",
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
        Alert(
            name="CertificateEnds",
            expression=f"min by (job) (tls_certificate_not_after_seconds{{{here}}}) - time() "
            f"< {CERTIFICATE_DAYS * 86400}",
            minutes=15,
            severity=2,
            summary=f"The certificate of a service's pods ends in less than {CERTIFICATE_DAYS} days.",
        ),
        Alert(
            name="MetricsMissing",
            expression=f"up{{{here}}} == 0",
            minutes=15,
            severity=3,
            summary="A pod's metrics can't be read: what depends on them tells nothing.",
        ),
    ]


class ClusterAlerts(ComponentResource):
    def __init__(self, name: str, args: ClusterAlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ClusterAlerts", name, {}, opts)
        workspaces = args.cluster.workspaces
        group, told = workspaces.group, workspaces.alerts_id
        rules.PrometheusRuleGroup(
            name,
            resource_group_name=group.group_name,
            location=group.location,
            description="The services and their pods",
            scopes=[workspaces.metrics_id, args.cluster.resource.id],
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
                for alert in alerts(args.namespace.namespace)
            ],
            tags=group.tags,
            opts=ResourceOptions(parent=self),
        )
        args.cluster.workspaces.alert(f"{name}-nodes", NODES, of=args.cluster.resource.id, parent=self)
        self.register_outputs({})
