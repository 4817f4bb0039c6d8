from __future__ import annotations

import inspect
import re

import pytest

from app.services.kit import application
from app.services.kit.metrics import Metrics
from components.cluster_alerts import alerts
from tests.support.program import STACKS, deployed


@pytest.mark.parametrize("stack", STACKS)
def test_everybody_on_call_is_notified_of_every_alert(stack: str) -> None:
    program = deployed(stack, False)
    rules = program.one("PrometheusRuleGroup")["rules"]
    assert len(rules) >= 7
    for rule in rules:
        assert ["monitoring-alerts" in action["actionGroupId"] for action in rule["actions"]] == [True]


KEPT_BY_DEFAULT = {
    *("kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"),
    *("kube_deployment_status_replicas_updated", "kube_horizontalpodautoscaler_spec_max_replicas"),
    *("kube_horizontalpodautoscaler_spec_min_replicas", "kube_horizontalpodautoscaler_status_current_replicas"),
    *("kube_pod_container_status_last_terminated_reason", "kube_pod_container_status_restarts_total"),
    *("kube_pod_container_status_waiting_reason", "kube_node_status_condition", "kube_pod_owner"),
    "kube_pod_status_phase",
}
"""Some of what managed Prometheus keeps of a cluster that nobody configured
(https://learn.microsoft.com/azure/azure-monitor/containers/prometheus-metrics-scrape-default)."""


def test_alerts_ask_only_for_what_is_collected() -> None:
    metrics = Metrics()
    metrics.observe("GET", "/users", 200, 0.01)
    own = {name for line in metrics.text().decode().splitlines() for name in [line.partition("{")[0].split(" ")[0]]}
    own |= set(re.findall(r'metrics\.gauge\("([a-z_]+)"', inspect.getsource(application)))
    for alert in alerts("apps"):
        asked = set(re.findall(r"([a-z_]+)\{", alert.expression))
        assert asked <= KEPT_BY_DEFAULT | own | {"up"}, alert.name


def test_alerts_are_of_the_services_namespace_or_of_the_nodes_and_say_what_is_wrong() -> None:
    for alert in alerts("apps"):
        assert ('namespace="apps"' in alert.expression) or alert.name == "NodeNotReady"
        assert alert.expression.count("(") == alert.expression.count(")")
        assert alert.expression.count("{") == alert.expression.count("}")
        assert alert.summary.endswith(".")


def named(name: str) -> str:
    (expression,) = [alert.expression for alert in alerts("apps") if alert.name == name]
    return expression


def test_a_node_whose_kubelet_is_dead_is_not_ready() -> None:
    """Its condition is unknown, neither true nor false."""
    assert named("NodeNotReady") == 'kube_node_status_condition{condition="Ready",status="true"} == 0'


def test_a_pod_that_waited_for_a_moment_is_not_reported() -> None:
    """An expression that looks back for as long as the alert has to hold makes five minutes of a moment."""
    (minutes,) = [alert.minutes for alert in alerts("apps") if alert.name == "PodsCrash"]
    (looked_back,) = re.findall(r"max_over_time\(.*\[(\d+)m\]\)", named("PodsCrash"))
    assert 2 * int(looked_back) < minutes


def test_metrics_that_are_not_there_are_told_of() -> None:
    """An alert on a metric that nobody collects any more stays quiet: every source of one is asked for."""
    absent = set(re.findall(r"absent\(([a-z_]+)", named("MetricsMissing")))
    sources = {"up": {"http_", "tls_"}, "kube_deployment_spec_replicas": {"kube_"}, "kube_node_status_condition": set()}
    assert absent == sources.keys()
    prefixes = tuple(prefix for each in sources.values() for prefix in each)
    for alert in alerts("apps"):
        for metric in set(re.findall(r"([a-z_]+)\{", alert.expression)) - {"up"}:
            assert metric.startswith(prefixes)


def test_a_roll_out_of_a_single_pod_that_hangs_is_seen() -> None:
    """It counts as updated at once: what tells is that there is one pod more than there should be."""
    assert "> on (deployment) kube_deployment_spec_replicas" in named("RollOutStuck")
