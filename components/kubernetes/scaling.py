"""The number of a track's pods: how it follows the load, how pods are replaced, how many may be missing at a time."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from components.kubernetes.pod import CONTAINER
from components.settings.services import ServiceSettings

meta, core, apps = k8s.meta.v1, k8s.core.v1, k8s.apps.v1
scaling, policy = k8s.autoscaling.v2, k8s.policy.v1


def rolling(
    template: core.PodTemplateSpecArgs, labels: Mapping[str, str], settings: ServiceSettings
) -> apps.DeploymentSpecArgs:
    """Returns a Deployment that replaces pods without losing any. The number of replicas is left to the autoscaler."""
    return apps.DeploymentSpecArgs(
        selector=meta.LabelSelectorArgs(match_labels=dict(labels)),
        min_ready_seconds=settings.min_ready_seconds,
        progress_deadline_seconds=300,
        revision_history_limit=3,
        strategy=apps.DeploymentStrategyArgs(
            type="RollingUpdate",
            rolling_update=apps.RollingUpdateDeploymentArgs(max_surge="25%", max_unavailable=0),
        ),
        template=template,
    )


def autoscaler(deployment: str, settings: ServiceSettings) -> scaling.HorizontalPodAutoscalerSpecArgs:
    """Returns an autoscaler that goes up at once, by doubling or by four pods, and down slowly: load often returns."""
    target = scaling.MetricTargetArgs(type="Utilization", average_utilization=settings.cpu_target)
    cpu = scaling.ContainerResourceMetricSourceArgs(name="cpu", container=CONTAINER, target=target)
    return scaling.HorizontalPodAutoscalerSpecArgs(
        scale_target_ref=scaling.CrossVersionObjectReferenceArgs(
            api_version="apps/v1", kind="Deployment", name=deployment
        ),
        min_replicas=settings.min_replicas,
        max_replicas=settings.max_replicas,
        metrics=[scaling.MetricSpecArgs(type="ContainerResource", container_resource=cpu)],
        behavior=scaling.HorizontalPodAutoscalerBehaviorArgs(
            scale_up=_rules(0, Percent=(100, 15), Pods=(4, 15)), scale_down=_rules(300, Percent=(25, 60))
        ),
    )


def disruption_budget(labels: Mapping[str, str]) -> policy.PodDisruptionBudgetSpecArgs:
    """Returns a budget of one pod at a time. Pods that don't work never keep a node from being upgraded."""
    return policy.PodDisruptionBudgetSpecArgs(
        max_unavailable=1,
        unhealthy_pod_eviction_policy="AlwaysAllow",
        selector=meta.LabelSelectorArgs(match_labels=dict(labels)),
    )


def _rules(window: int, **policies: tuple[int, int]) -> scaling.HPAScalingRulesArgs:
    """Returns rules with a stabilisation window in seconds; each policy is (value, period in seconds)."""
    return scaling.HPAScalingRulesArgs(
        stabilization_window_seconds=window,
        select_policy="Max",
        policies=[
            scaling.HPAScalingPolicyArgs(type=kind, value=value, period_seconds=period)
            for kind, (value, period) in policies.items()
        ],
    )
