"""CloudWatch alarms and dashboards. The emulator has metrics of functions, and none of queues, tables or gateways; it
takes alarms on an expression over metrics and never looks at them; it shows no dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from local.provider import Properties
from local.providers.aws.resource import Resource


class MetricAlarm(Resource):
    service = "cloudwatch"
    create_call, read_call, delete_call = "PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"
    update_calls = ("PutMetricAlarm",)
    names: ClassVar[Mapping[str, str]] = {"AlarmName": "name"}
    unset: ClassVar[Properties] = {"actionsEnabled": True, "treatMissingData": "missing", "alarmDescription": ""}
    translated = frozenset({"dimensions", "metricQueries"})
    unsupported = frozenset({"thresholdMetricId", "metrics", "evaluateLowSampleCountPercentile"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "AlarmName", "name": "AlarmName", "arn": "AlarmArn"}
    replace_on = frozenset({"name"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        queries = [_query(one) for one in view.get("metricQueries", [])]
        watched = {"metrics": queries} if queries else {"dimensions": _dimensions(view.get("dimensions", {}))}
        return {**view, **watched, "alarmNames": [view["name"]]}

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = self.call(self.read_call, view)["MetricAlarms"]
        return next((alarm for alarm in found if alarm["AlarmName"] == view["name"]), None)

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        dimensions = sorted(found.get("Dimensions", []), key=lambda one: str(one["Name"]))
        return super().as_declared(view, {**found, "Dimensions": dimensions})


class Dashboard(Resource):
    service = "cloudwatch"
    create_call, read_call, delete_call = "PutDashboard", "GetDashboard", "DeleteDashboards"
    update_calls = ("PutDashboard",)
    outputs: ClassVar[Mapping[str, str]] = {"id": "DashboardName", "dashboardArn": "DashboardArn"}
    replace_on = frozenset({"dashboardName"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        return {**view, "dashboardNames": [view["dashboardName"]]}


def _dimensions(given: Mapping[str, str]) -> list[Properties]:
    return [{"name": key, "value": value} for key, value in sorted(given.items())]


def _query(given: Properties) -> Properties:
    """As the API has it: a metric and how it is summed up are two things."""
    if "metric" not in given:
        return given
    metric = given["metric"]
    named = {key: metric[key] for key in ("namespace", "metricName")}
    measured = {key: metric[key] for key in ("period", "stat", "unit") if key in metric}
    stat = {**measured, "metric": {**named, "dimensions": _dimensions(metric.get("dimensions", {}))}}
    return {"returnData": False, **{key: value for key, value in given.items() if key != "metric"}, "metricStat": stat}
