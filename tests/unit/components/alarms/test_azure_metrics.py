"""The evaluator of Azure's metric alerts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.components.alarms.azure_metrics import messages, read, states
from tests.unit.components.alarms.errors import NotUnderstoodError
from tests.unit.components.alarms.samples import Metric, Samples, at

CPU, DISK = (Metric(namespace="/servers/users", name=name) for name in ("cpu_percent", "storage_percent"))
CRITERION: dict[str, Any] = {
    "name": "condition",
    "criterionType": "StaticThresholdCriterion",
    "metricName": "cpu_percent",
    "operator": "GreaterThan",
    "threshold": 80,
    "timeAggregation": "Average",
}
ALERT: dict[str, Any] = {
    "scopes": ["/servers/users"],
    "enabled": True,
    "windowSize": "PT5M",
    "evaluationFrequency": "PT1M",
    "criteria": {
        "odataType": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": [CRITERION],
    },
}


def alert(*criteria: dict[str, Any], **changes: Any) -> dict[str, Any]:
    changed = [{**CRITERION, **criterion} for criterion in criteria or ({},)]
    return {**ALERT, "criteria": {**ALERT["criteria"], "allOf": changed}, **changes}


def fired(properties: dict[str, Any], published: dict[Metric, Samples], minutes: int = 20) -> list[int]:
    """Returns the minutes at whose end the alert is fired."""
    found = states(read(properties), published, minutes=minutes)
    return [minute for minute, state in enumerate(found, start=1) if state == "Fired"]


def test_the_values_of_a_window_are_looked_at_together_and_an_end_is_told_at_the_third_look() -> None:
    busy = at(*range(5), value=20) + at(5, 6, value=200) + at(*range(7, 20), value=20)
    assert fired(alert(), {CPU: busy}) == [7, 8, 9, 10, 11, 12]  # average 92 from the seventh minute to the tenth
    assert fired(alert({"timeAggregation": "Maximum"}), {CPU: busy}) == list(range(6, 14))
    assert fired(alert({"timeAggregation": "Minimum"}), {CPU: busy}) == []


def test_every_criterion_has_to_be_met() -> None:
    both = alert({}, {"metricName": "storage_percent", "operator": "LessThan", "threshold": 10})
    busy = at(*range(20), value=90)
    assert fired(both, {CPU: busy, DISK: at(*range(20), value=50)}) == []
    assert fired(both, {CPU: busy, DISK: at(*range(20), value=5)}) == list(range(1, 21))


def test_a_window_without_values_meets_no_criterion() -> None:
    assert fired(alert({"operator": "LessThan"}), {}) == []
    assert messages(["Resolved", "Fired", "Fired", "Resolved"]) == ["Fired", "Resolved"]


def test_an_alert_looks_as_often_as_it_says() -> None:
    assert len(states(read(alert(evaluationFrequency="PT5M")), {}, minutes=20)) == 4


@pytest.mark.parametrize(
    "properties",
    [
        alert({"criterionType": "DynamicThresholdCriterion", "alertSensitivity": "High"}),
        alert({"dimensions": [{"name": "database", "operator": "Include", "values": ["*"]}]}),
        alert(
            criteria={**ALERT["criteria"], "odataType": "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria"}
        ),
        alert(autoMitigate=False),
        alert(enabled=False),
        alert(scopes=["/servers/users", "/servers/billing"]),
        alert(windowSize="P1D"),
        alert(customProperties={"a": "b"}),
    ],
)
def test_what_is_not_known_is_said(properties: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstoodError, match="The evaluator"):
        read(properties)
