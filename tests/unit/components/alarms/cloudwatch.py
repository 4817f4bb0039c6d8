"""Evaluates CloudWatch alarms as AWS documents it: over time, and with missing data.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from tests.unit.components.alarms import metric_math
from tests.unit.components.alarms.cloudwatch_definition import Definition, Query
from tests.unit.components.alarms.errors import NotUnderstoodError
from tests.unit.components.alarms.samples import MINUTE, Published, within

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

DAY = 24 * 60 * MINUTE
BEYOND = 2
"""Data points older than those of the evaluation periods that are retrieved, to take the place of missing ones. For
three periods AWS's tables have five points; how many there are for others "depends on the length of the alarm
period"."""

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Minimum": min,
    "Maximum": max,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
"""The comparisons with a fixed limit. Those with the band of an anomaly detector are not known."""


def states(definition: Definition, published: Published, *, minutes: int, beyond: int = BEYOND) -> list[State]:
    """Returns the states at the end of each minute, from the alarm's creation at minute 0 on.

    An alarm whose period is a minute or longer is evaluated every minute. Raises NotUnderstoodError.
    """
    if definition.period % MINUTE or definition.period * definition.evaluation_periods > DAY:
        raise NotUnderstoodError("The evaluator knows alarms on whole minutes that look back for a day at most.")
    found: list[State] = []
    state: State = "INSUFFICIENT_DATA"
    for minute in range(1, minutes + 1):
        state = judged(definition, _points(definition, published, minute * MINUTE, beyond), state)
        found.append(state)
    return found


def judged(definition: Definition, points: Sequence[float | None], before: State) -> State:
    """Returns the state that follows on the state `before`. The data points are those in range, the oldest first.

    Where enough of them are there, missing ones do not count. Otherwise those that lack are filled in.
    """
    breaching = [None if point is None else _breaches(definition, point) for point in points]
    there = [point for point in breaching if point is not None][-definition.evaluation_periods :]
    lacking = definition.evaluation_periods - len(there)
    if definition.missing == "breaching":
        return _counted(definition, [*there, *[True] * lacking])
    if definition.missing == "notBreaching" or not lacking:
        return _counted(definition, there)
    if definition.missing not in ("missing", "ignore"):
        raise NotUnderstoodError(f"The evaluator does not know {definition.missing!r} of treatMissingData.")
    if not there:
        return "INSUFFICIENT_DATA" if definition.missing == "missing" else before
    if sum(there) >= definition.datapoints_to_alarm or not all(there):
        return _counted(definition, there)
    age = len(breaching) - breaching.index(True)
    return "ALARM" if definition.missing == "missing" and age >= definition.datapoints_to_alarm else before


def messages(found: Sequence[State]) -> list[State]:
    """Returns the changes of state that people are told of: ALARM and OK, but for the first OK of a new alarm."""
    changes = pairwise(("INSUFFICIENT_DATA", *found))
    told = [state for last, state in changes if state not in (last, "INSUFFICIENT_DATA")]
    return told[1:] if told[:1] == ["OK"] else told


def _breaches(definition: Definition, point: float) -> bool:
    if definition.comparison not in COMPARISONS:
        raise NotUnderstoodError(f"The evaluator does not know the comparison {definition.comparison!r}.")
    return COMPARISONS[definition.comparison](point, definition.threshold)


def _counted(definition: Definition, breaching: Sequence[bool]) -> State:
    return "ALARM" if sum(breaching) >= definition.datapoints_to_alarm else "OK"


def _points(definition: Definition, published: Published, end: float, beyond: int) -> list[float | None]:
    """Returns the data points in the evaluation range that ends at `end`, the oldest first."""
    ends = [end - n * definition.period for n in range(definition.evaluation_periods + beyond)]
    return [_point(definition, published, moment) for moment in reversed(ends)]


def _point(definition: Definition, published: Published, end: float) -> float | None:
    values = {
        name: _statistic(query, within(published.get(query.metric, ()), end - definition.period, end))
        for name, query in definition.queries.items()
    }
    return metric_math.value(definition.expression, values)


def _statistic(query: Query, values: Sequence[float]) -> float | None:
    if not values:
        return None
    if query.statistic in STATISTICS:
        return STATISTICS[query.statistic](values)
    if query.statistic.startswith("p"):  # the nearest rank
        return sorted(values)[math.ceil(float(query.statistic[1:]) / 100 * len(values)) - 1]
    raise NotUnderstoodError(f"The evaluator does not know the statistic {query.statistic!r}.")
