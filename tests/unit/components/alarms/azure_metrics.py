"""Evaluates metric alerts of Azure Monitor with fixed limits, over time.

https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-types#metric-alerts
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from tests.unit.components.alarms.errors import NotUnderstoodError
from tests.unit.components.alarms.samples import MINUTE, Metric, Published, within

State = Literal["Fired", "Resolved"]

RESOLVED_AFTER = 3
"""Evaluations in a row that find nothing, after which an alert is over
(https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-troubleshoot-metric)."""
AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "Total": sum,
    "Count": len,
}
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
    "Equals": operator.eq,
}
ALL_CRITERIA_OF_ONE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
UNDERSTOOD = {
    *("windowSize", "evaluationFrequency", "criteria", "scopes", "enabled", "autoMitigate"),
    *("resourceGroupName", "location", "description", "severity", "actions", "tags", "ruleName"),
}
"""The properties that decide when an alert fires, and those that have no part in it."""
OF_A_CRITERION = {"name", "criterionType", "metricName", "metricNamespace", "operator", "threshold", "timeAggregation"}


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A limit of one metric."""

    metric: Metric
    """The metric of the resource that is watched."""
    aggregation: str
    """The statistic of the values in a window."""
    comparison: str
    """The comparison of the statistic with the limit, by which the criterion is met."""
    threshold: float
    """The limit."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """All that decides when an alert fires."""

    criteria: Sequence[Criterion]
    """The criteria, all of which have to be met."""
    window: int
    """Seconds of the window that is looked at."""
    frequency: int
    """Seconds from one look to the next."""


def read(alert: Mapping[str, Any]) -> Definition:
    """Returns the definition in the inputs of a `MetricAlert`. Raises NotUnderstoodError."""
    unknown = {name for name, value in alert.items() if value is not None} - UNDERSTOOD
    if unknown or alert.get("autoMitigate") is False or not alert["enabled"] or len(alert["scopes"]) != 1:
        raise NotUnderstoodError(
            "The evaluator knows alerts of one resource that are enabled and resolve by themselves, and no "
            f"other properties ({', '.join(sorted(unknown)) or 'none was found'})."
        )
    if alert["criteria"]["odataType"] != ALL_CRITERIA_OF_ONE_RESOURCE:
        raise NotUnderstoodError(f"The evaluator does not know criteria of the type {alert['criteria']['odataType']}.")
    (resource,) = alert["scopes"]
    return Definition(
        criteria=[_criterion(resource, criterion) for criterion in alert["criteria"]["allOf"]],
        window=_seconds(alert["windowSize"]),
        frequency=_seconds(alert["evaluationFrequency"]),
    )


def states(definition: Definition, published: Published, *, minutes: int) -> list[State]:
    """Returns the states after each look, from the alert's creation at minute 0 on."""
    found: list[State] = []
    state: State = "Resolved"
    misses = 0
    for end in range(definition.frequency, minutes * MINUTE + 1, definition.frequency):
        met = all(_met(criterion, published, end - definition.window, end) for criterion in definition.criteria)
        misses = 0 if met else misses + 1
        if met:
            state = "Fired"
        elif misses >= RESOLVED_AFTER:
            state = "Resolved"
        found.append(state)
    return found


def messages(found: Sequence[State]) -> list[State]:
    """Returns the changes of state, of each of which people are told."""
    return [state for last, state in pairwise(("Resolved", *found)) if state != last]


def _criterion(resource: str, criterion: Mapping[str, Any]) -> Criterion:
    unknown = {name for name, value in criterion.items() if value is not None} - OF_A_CRITERION
    if criterion["criterionType"] != "StaticThresholdCriterion" or unknown:
        raise NotUnderstoodError(
            f"The evaluator knows fixed limits only, without {', '.join(sorted(unknown)) or 'dynamic thresholds'}."
        )
    return Criterion(
        metric=Metric(namespace=resource, name=criterion["metricName"]),
        aggregation=criterion["timeAggregation"],
        comparison=criterion["operator"],
        threshold=criterion["threshold"],
    )


def _met(criterion: Criterion, published: Published, start: float, end: float) -> bool:
    """Returns whether a window's values meet the criterion. A window without any meets none."""
    values = within(published.get(criterion.metric, ()), start, end)
    return bool(values) and OPERATORS[criterion.comparison](
        AGGREGATIONS[criterion.aggregation](values), criterion.threshold
    )


def _seconds(duration: str) -> int:
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?", duration)
    if match is None:
        raise NotUnderstoodError(f"The evaluator can't read the duration {duration!r}.")
    hours, minutes = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * MINUTE
