from __future__ import annotations

import pytest

from components.cluster_alerts import alerts
from tests.support.program import STACKS, deployed


@pytest.mark.parametrize("stack", STACKS)
def test_everybody_on_call_is_told_of_every_alert(stack: str) -> None:
    program = deployed(stack, False)
    rules = program.one("PrometheusRuleGroup")["rules"]
    assert len(rules) >= 5
    for rule in rules:
        assert ["monitoring-alerts" in action["actionGroupId"] for action in rule["actions"]] == [True]
    nodes = program.one("MetricAlert")
    assert "monitoring-alerts" in nodes["actions.0.actionGroupId"]


def test_alerts_are_of_the_services_namespace_and_say_what_is_wrong() -> None:
    for alert in alerts("apps"):
        assert 'namespace="apps"' in alert.expression
        assert alert.expression.count("(") == alert.expression.count(")")
        assert alert.expression.count("{") == alert.expression.count("}")
        assert alert.summary.endswith(".")
