"""The evaluator of CloudWatch's alarms, on the examples in AWS's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.components.alarms.cloudwatch import State, judged, messages, states
from tests.unit.components.alarms.cloudwatch_definition import Definition, read
from tests.unit.components.alarms.errors import NotUnderstoodError
from tests.unit.components.alarms.samples import Metric, at, every

METRIC = Metric(namespace="AWS/Lambda", name="Errors", dimensions=frozenset({("FunctionName", "orders")}))
ALARM: dict[str, Any] = {
    "namespace": "AWS/Lambda",
    "metricName": "Errors",
    "dimensions": {"FunctionName": "orders"},
    "statistic": "Sum",
    "period": 60,
    "evaluationPeriods": 3,
    "threshold": 1,
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
}


def definition(**changes: Any) -> Definition:
    return read({**ALARM, **changes})


def state(points: str, before: State, **changes: Any) -> State:
    """Returns the state after data points as AWS writes them: 0 is not breaching, X is, and - is missing."""
    values = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in points.split()]
    return judged(definition(**changes), values, before)


RETAINED = "retained"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize(
    ("datapoints", "points", "expected"),
    [
        (3, "0 - X - X", ("OK", "OK", "OK", "OK")),
        (3, "0 - - - -", ("OK", "OK", "OK", "OK")),
        (3, "- - - - -", ("INSUFFICIENT_DATA", RETAINED, "ALARM", "OK")),
        (3, "0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (3, "- - X - -", ("ALARM", RETAINED, "ALARM", "OK")),
        (2, "0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 - X - -", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - - 0", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - X -", ("ALARM", RETAINED, "ALARM", "OK")),
    ],
)
@pytest.mark.parametrize("before", ["OK", "ALARM"])
def test_missing_data_are_treated_as_in_the_tables_of_aws(
    datapoints: int, points: str, expected: tuple[str, ...], before: State
) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data"""
    found = [state(points, before, datapointsToAlarm=datapoints, treatMissingData=each) for each in TREATMENTS]
    assert found == [before if each == RETAINED else each for each in expected]


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
def test_an_alarm_does_not_go_off_too_soon_where_data_are_intermittent(points: str) -> None:
    assert state(points, "OK", datapointsToAlarm=3, treatMissingData="missing") == "OK"


def test_an_alarm_is_evaluated_every_minute_on_the_periods_that_end_then() -> None:
    """A period of five minutes has the samples of the minutes 0 to 4 first, then those of 1 to 5."""
    five = definition(period=300, evaluationPeriods=1, threshold=2)
    found = states(five, {METRIC: every(60, first=0, last=12, values=[0, 1, 0, 0, 0, 1, *[0] * 6])}, minutes=12)
    assert found == [*["OK"] * 5, "ALARM", *["OK"] * 6]


def test_a_percentile_is_one_of_the_values() -> None:
    slow = definition(statistic=None, extendedStatistic="p90", evaluationPeriods=1, threshold=9)
    assert states(slow, {METRIC: every(6, first=0, last=1, values=[*[1] * 9, 9])}, minutes=1) == ["OK"]
    assert states(slow, {METRIC: every(6, first=0, last=1, values=[*[1] * 8, 9, 9])}, minutes=1) == ["ALARM"]


def test_alarms_of_dynamodb_stay_as_they_are_while_data_are_missing() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    refused = definition(namespace="AWS/DynamoDB", evaluationPeriods=1, treatMissingData="notBreaching")
    metric = Metric(namespace="AWS/DynamoDB", name="Errors", dimensions=METRIC.dimensions)
    assert messages(states(refused, {metric: at(3)}, minutes=60)) == ["ALARM"]


def test_people_are_not_told_that_a_new_alarm_is_well() -> None:
    assert messages(["INSUFFICIENT_DATA", "OK", "ALARM", "ALARM", "OK"]) == ["ALARM", "OK"]
    assert messages(["OK", "INSUFFICIENT_DATA", "OK"]) == ["OK"]
    assert messages(["ALARM"]) == ["ALARM"]


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholdMetricId": "band"},
        {"comparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"},
        {"statistic": "IQM"},
        {"treatMissingData": "worst"},
        {"period": 10},
        {"period": 3600, "evaluationPeriods": 25},
        {"evaluateLowSampleCountPercentiles": "ignore"},
        {"metricQueries": [{"id": "e", "expression": "SELECT 1", "returnData": True}]},
    ],
)
def test_what_is_not_known_is_said(changes: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstoodError, match="The evaluator"):
        states(read({**ALARM, **changes}), {METRIC: at(0)}, minutes=3)
