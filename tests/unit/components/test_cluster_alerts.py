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
    nodes = program.one("MetricAlert", "cluster-nodes")
    assert nodes["scopes"] == [program.one("PrometheusRuleGroup")["scopes"][1]]
    assert "monitoring-alerts" in nodes["actions.0.actionGroupId"]


KEPT_BY_DEFAULT = {
    *("kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"),
    *("kube_deployment_status_replicas_updated", "kube_horizontalpodautoscaler_spec_max_replicas"),
    *("kube_horizontalpodautoscaler_spec_min_replicas", "kube_horizontalpodautoscaler_status_current_replicas"),
    *("kube_pod_container_status_last_terminated_reason", "kube_pod_container_status_restarts_total"),
    "kube_pod_container_status_waiting_reason",
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


def test_alerts_are_of_the_services_namespace_and_say_what_is_wrong() -> None:
    for alert in alerts("apps"):
        assert 'namespace="apps"' in alert.expression
        assert alert.expression.count("(") == alert.expression.count(")")
        assert alert.expression.count("{") == alert.expression.count("}")
        assert alert.summary.endswith(".")
