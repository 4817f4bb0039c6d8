"""The alerts of the cluster and its services, which reach people before callers notice."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_azure_native as azure
from pulumi import ComponentResource, ResourceOptions

from components.azure.monitoring import Monitoring
from components.cluster import Cluster
from components.settings.certificates import ALARM_DAYS

rules = azure.alertsmanagement


@dataclass(frozen=True, kw_only=True)
class ClusterAlertsArgs:
    monitoring: Monitoring
    """The store of the metrics, and the people who get the alerts."""
    cluster: Cluster
    """The cluster that is watched."""
    namespace: str
    """The namespace of the services."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A condition of the metrics that Prometheus keeps."""

    name: str
    """The alert's name, by which the runbook knows it."""
    expression: str
    """The condition, in PromQL."""
    minutes: int
    """The minutes for which the condition has to hold."""
    severity: int
    """0 (critical) to 4 (for the record)."""
    summary: str
    """The text of the alert, a sentence."""


def alerts(namespace: str) -> list[Alert]:
    """Returns the alerts of a namespace's services and of the nodes: what callers notice, then what they will notice.

    Azure keeps few of the cluster's own metrics unless it is asked for more:
    https://learn.microsoft.com/azure/azure-monitor/containers/prometheus-metrics-scrape-default#minimal-ingestion-profile
    """
    here = f'namespace="{namespace}"'
    # A canary's few answers must not drown in the others'.
    answers = "sum by (job, track) (rate(http_request_duration_seconds_count{%s}[5m]))"
    errors = answers % f'{here},status=~"5.."'
    wanted = f"kube_deployment_spec_replicas{{{here}}}"
    living = f'kube_pod_owner{{{here},owner_kind="ReplicaSet"}} and on (pod) ('
    living += f'kube_pod_status_phase{{{here},phase=~"Pending|Running"}} == 1)'
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
            # It looks back for longer than a pod runs that crashes at its start, and for much less than the alert has
            # to hold: otherwise a pod that waited for a moment would be reported.
            expression=f"max by (pod) (max_over_time(kube_pod_container_status_waiting_reason{{{here},"
            'reason="CrashLoopBackOff"}[2m])) >= 1',
            minutes=5,
            severity=1,
            summary="A pod starts and ends again and again; its log has the reason.",
        ),
        Alert(
            name="TooFewPodsReady",
            expression=f"kube_deployment_status_replicas_available{{{here}}} < {wanted} * 0.75",
            minutes=10,
            severity=1,
            summary="Less than three quarters of a service's pods are ready.",
        ),
        Alert(
            name="RollOutStuck",
            # A roll-out of a single pod is updated at once, whatever becomes of the new pod: then there is one pod more
            # than there should be. A ReplicaSet is named after its Deployment.
            expression=f"kube_deployment_status_replicas_updated{{{here}}} < {wanted} or "
            f'count by (deployment) (label_replace({living}, "deployment", "$1", "owner_name", "(.+)-[^-]+"))'
            f" > on (deployment) {wanted}",
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
            expression=f"min by (job) (tls_certificate_not_after_seconds{{{here}}}) - time() < {ALARM_DAYS * 86400}",
            minutes=15,
            severity=2,
            summary=f"The certificate of a service's pods ends in less than {ALARM_DAYS} days.",
        ),
        Alert(
            name="NodeNotReady",
            # A node whose kubelet is dead is neither ready nor not ready: its condition is unknown.
            expression='kube_node_status_condition{condition="Ready",status="true"} == 0',
            minutes=5,
            severity=1,
            summary="A node is not ready, or has stopped reporting.",
        ),
        Alert(
            name="MetricsMissing",
            # What nobody scrapes has no `up` either, and an alert on a metric that is not there stays quiet.
            expression=f"up{{{here}}} == 0 or absent(up{{{here}}}) or absent({wanted})"
            ' or absent(kube_node_status_condition{condition="Ready",status="true"})',
            minutes=15,
            severity=3,
            summary="Metrics can't be read: what depends on them tells nothing.",
        ),
    ]


class ClusterAlerts(ComponentResource):
    """The rules by which Azure Monitor watches the services, their pods and the nodes."""

    def __init__(self, name: str, args: ClusterAlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:ClusterAlerts", name, {}, opts)
        place, monitoring, cluster_id = args.monitoring.placement, args.monitoring, args.cluster.cluster_id
        rules.PrometheusRuleGroup(
            name,
            resource_group_name=place.group_name,
            location=place.location,
            description="The services and their pods",
            scopes=[monitoring.metrics_id, cluster_id],
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
                    actions=[rules.PrometheusRuleGroupActionArgs(action_group_id=monitoring.alerts_id)],
                    resolve_configuration=rules.PrometheusRuleResolveConfigurationArgs(
                        auto_resolved=True, time_to_resolve="PT10M"
                    ),
                )
                for alert in alerts(args.namespace)
            ],
            tags=place.tags,
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})
