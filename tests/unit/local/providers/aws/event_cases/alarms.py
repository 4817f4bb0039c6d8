"""The lives of alarms and dashboards."""

from __future__ import annotations

from local.provider import Properties
from local.providers.aws.client import Aws
from tests.unit.local.providers.aws.life import Case

ALARM = {
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "evaluationPeriods": 1.0,
    "metricName": "ApproximateNumberOfMessagesVisible",
    "namespace": "AWS/SQS",
    "period": 60.0,
    "statistic": "Maximum",
    "threshold": 1.0,
    "treatMissingData": "notBreaching",
    "dimensions": {"QueueName": "orders-dead"},
}

COUNT = {
    "namespace": "AWS/ApiGateway",
    "metricName": "Count",
    "dimensions": {"ApiId": "a"},
    "period": 60.0,
    "stat": "Sum",
}
SHARE = {
    **{key: ALARM[key] for key in ("comparisonOperator", "evaluationPeriods", "threshold")},
    "metricQueries": [
        {"id": "part", "metric": {**COUNT, "metricName": "5xx"}},
        {"id": "whole", "metric": COUNT},
        {"id": "share", "expression": "100 * part / whole", "returnData": True},
    ],
}


def threshold(aws: Aws, made: Properties) -> object:
    (alarm,) = aws.call("cloudwatch", "DescribeAlarms", {"AlarmNames": [made["id"]]})["MetricAlarms"]
    return alarm["Threshold"]


ALARMS = [
    Case(
        type="MetricAlarm",
        inputs=lambda *_: ALARM,
        change={"threshold": 5.0},
        read=threshold,
        before=1.0,
        after=5.0,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="MetricAlarm",
        inputs=lambda *_: SHARE,
        change={"threshold": 5.0},
        read=threshold,
        before=1.0,
        after=5.0,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Dashboard",
        inputs=lambda *_: {"dashboardName": "shop", "dashboardBody": '{"widgets": []}'},
        change={"dashboardBody": '{"start": "-PT3H", "widgets": []}'},
        read=lambda aws, made: aws.call("cloudwatch", "GetDashboard", {"DashboardName": made["id"]})["DashboardBody"],
        before='{"widgets": []}',
        after='{"start": "-PT3H", "widgets": []}',
        outputs=frozenset({"dashboardArn"}),
    ),
]
