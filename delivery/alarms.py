"""The alarms of a stack that are firing: CloudWatch's for the AWS half, Azure Monitor's for the other half."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery.commands import Run, read

_CLOUDWATCH = {"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"}
_GROUP = "azure-native:resources:ResourceGroup"
_FIRED = (
    "/subscriptions/{{subscriptionId}}/providers/Microsoft.AlertsManagement/alerts"
    "?api-version=2019-03-01&targetResourceGroup={group}&monitorCondition=Fired&timeRange=30d"
)
"""The URL of a resource group's fired alerts
(https://learn.microsoft.com/rest/api/monitor/alertsmanagement/alerts/get-all). `az rest` fills in the subscription and
knows the host (https://learn.microsoft.com/cli/azure/reference-index#az-rest). It has not run on a real account yet."""


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """The alarms that a delivery watches."""

    names: tuple[str, ...]
    """The names of CloudWatch's alarms."""
    groups: tuple[str, ...]
    """The names of the resource groups whose alerts are watched."""
    run: Run
    """Runs the command lines of the clouds."""

    @classmethod
    def deployed(cls, preview: Mapping[str, Any], run: Run) -> Alarms:
        """Returns the alarms that are deployed before the changes that `pulumi preview --json` printed."""
        resources = [step["oldState"] for step in preview["steps"] if "oldState" in step]
        return cls(
            names=tuple(each["outputs"]["name"] for each in resources if each["type"] in _CLOUDWATCH),
            groups=tuple(each["outputs"]["name"] for each in resources if each["type"] == _GROUP),
            run=run,
        )

    def firing(self) -> list[str]:
        """Returns the names of the alarms that are firing now. Raises DeliveryError."""
        return [*self._cloudwatch(), *(name for group in self.groups for name in self._azure(group))]

    def _cloudwatch(self) -> list[str]:
        if not self.names:  # without names the command would list all alarms of the account
            return []
        query = ("--state-value", "ALARM", "--alarm-types", "MetricAlarm", "CompositeAlarm", "--output", "json")
        answer = self._json("aws", "cloudwatch", "describe-alarms", *query, "--alarm-names", *self.names)
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer.get(kind, [])]

    def _azure(self, group: str) -> list[str]:
        """Returns the alerts of a resource group, except for those that somebody has closed."""
        answer = self._json("az", "rest", "--method", "get", "--url", _FIRED.format(group=group), "--output", "json")
        return [
            alert["name"] for alert in answer["value"] if alert["properties"]["essentials"]["alertState"] != "Closed"
        ]

    def _json(self, *command: str) -> dict[str, Any]:
        answer: dict[str, Any] = read(self.run, command)
        return answer
