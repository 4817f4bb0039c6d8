"""Alarms, each with what a person should do in its description. Their names begin with `<project>-<stack>-`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.metrics import Metric

MINUTE = 60
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Goes off when `statistic` (Sum, Minimum, Maximum or a percentile such as p99) of the metric over `period` seconds
    reaches `threshold`, or falls below it, `periods` times in a row. With `share_of` that metric's sum in percent of
    the other's counts. Without data it is quiet, or says that there is none (`missing`)."""

    name: str
    description: str
    metric: Metric
    statistic: str
    threshold: float
    share_of: Metric | None = None
    falls_below: bool = False
    period: int = MINUTE
    periods: int = 1
    missing: Literal["notBreaching", "missing"] = "notBreaching"


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """`actions` are ARNs of topics that are told when an alarm goes off and when it is over."""

    alarms: Sequence[Alarm]
    actions: Sequence[Input[str]]


class Alarms(ComponentResource):
    """Named by their stack, by which the topic's policy knows them: stacks may share an account."""

    arns: list[Output[str]]

    def __init__(self, name: str, args: AlarmsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Alarms", name, {}, opts)
        made = [
            aws.cloudwatch.MetricAlarm(
                alarm.name,
                name=f"{prefix()}{alarm.name}",
                alarm_description=alarm.description,
                **_watched(alarm),
                evaluation_periods=alarm.periods,
                comparison_operator="LessThanThreshold" if alarm.falls_below else "GreaterThanOrEqualToThreshold",
                threshold=alarm.threshold,
                treat_missing_data=alarm.missing,
                alarm_actions=list(args.actions),
                ok_actions=list(args.actions),
                opts=ResourceOptions(parent=self),
            )
            for alarm in args.alarms
        ]
        self.arns = [alarm.arn for alarm in made]
        self.register_outputs({"alarms": [alarm.name for alarm in made]})


def prefix() -> str:
    """Of the names of the stack's alarms."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-"


def _watched(alarm: Alarm) -> dict[str, Any]:
    if alarm.share_of is not None:
        share = aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="share", expression="100 * part / whole", label="percent", return_data=True
        )
        return {"metric_queries": [_sum("part", alarm, alarm.metric), _sum("whole", alarm, alarm.share_of), share]}
    return {
        "namespace": alarm.metric.namespace,
        "metric_name": alarm.metric.name,
        "dimensions": alarm.metric.dimensions,
        "period": alarm.period,
        "extended_statistic" if alarm.statistic.startswith("p") else "statistic": alarm.statistic,
    }


def _sum(id_: str, alarm: Alarm, metric: Metric) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=id_,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions,
            period=alarm.period,
            stat=alarm.statistic,
        ),
    )
