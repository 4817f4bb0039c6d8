"""Which of a stack's alarms are going off: CloudWatch's of the AWS half, Azure Monitor's of the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from delivery.commands import Run

_CLOUDWATCH = {"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"}
_GROUP = "azure-native:resources:ResourceGroup"
_FIRED = (
    "/subscriptions/{{subscriptionId}}/providers/Microsoft.AlertsManagement/alerts"
    "?api-version=2019-03-01&targetResourceGroup={group}&monitorCondition=Fired&timeRange=30d"
)
"""https://learn.microsoft.com/rest/api/monitor/alertsmanagement/alerts/get-all; `az rest` fills the subscription in and
knows the host (https://learn.microsoft.com/cli/azure/reference-index#az-rest). Not yet seen on a real account."""


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """`names` are CloudWatch's, `groups` the resource groups whose alerts count."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    run: Run

    @classmethod
    def of(cls, preview: dict[str, Any], run: Run) -> Alarms:
        """Those that are there before what `pulumi preview --json` printed."""
        there = [step["oldState"] for step in preview["steps"] if "oldState" in step]
        return cls(
            names=tuple(each["outputs"]["name"] for each in there if each["type"] in _CLOUDWATCH),
            groups=tuple(each["outputs"]["name"] for each in there if each["type"] == _GROUP),
            run=run,
        )

    def firing(self) -> list[str]:
        """Names. Raises DeliveryError."""
        return [*self._cloudwatch(), *(name for group in self.groups for name in self._azure(group))]

    def _cloudwatch(self) -> list[str]:
        if not self.names:  # it would be asked for all alarms of the account
            return []
        query = ("--state-value", "ALARM", "--alarm-types", "MetricAlarm", "CompositeAlarm", "--output", "json")
        answer = self._json("aws", "cloudwatch", "describe-alarms", *query, "--alarm-names", *self.names)
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer.get(kind, [])]

    def _azure(self, group: str) -> list[str]:
        """Without those that somebody has closed."""
        answer = self._json("az", "rest", "--method", "get", "--url", _FIRED.format(group=group), "--output", "json")
        return [
            alert["name"] for alert in answer["value"] if alert["properties"]["essentials"]["alertState"] != "Closed"
        ]

    def _json(self, *command: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run(command))
        return answer
