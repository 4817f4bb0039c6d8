"""CloudWatch alarms on one metric. The emulator has metrics of functions, and none of queues, tables or gateways."""

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
    translated = frozenset({"dimensions"})
    unsupported = frozenset({"metricQueries", "thresholdMetricId", "metrics", "evaluateLowSampleCountPercentile"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "AlarmName", "name": "AlarmName", "arn": "AlarmArn"}
    replace_on = frozenset({"name"})

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        given = view.get("dimensions", {})
        dimensions = [{"name": key, "value": value} for key, value in sorted(given.items())]
        return {**view, "dimensions": dimensions, "alarmNames": [view["name"]]}

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = self.call(self.read_call, view)["MetricAlarms"]
        return next((alarm for alarm in found if alarm["AlarmName"] == view["name"]), None)

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        dimensions = sorted(found.get("Dimensions", []), key=lambda one: str(one["Name"]))
        return super().as_declared(view, {**found, "Dimensions": dimensions})
