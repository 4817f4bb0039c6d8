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
"""Seconds of a minute."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A limit of a metric; people are alerted when it is reached."""

    name: str
    """The alarm's name, without what all of the stack's begin with."""
    description: str
    """The problem, described in a sentence for the people who get the alarm."""
    metric: Metric
    """The metric that is watched."""
    statistic: str
    """The statistic of a period's values: Sum, Minimum, Maximum or a percentile such as p99."""
    threshold: float
    """The limit that the statistic must not reach, in the metric's unit, or in percent with `share_of`."""
    share_of: Metric | None = None
    """The metric of whose sum the metric's is taken in percent. Default: the metric counts by itself."""
    falls_below: bool = False
    """True if the alarm goes off below the limit. Default: at the limit and above."""
    period: int = MINUTE
    """Seconds that the statistic is made of."""
    periods: int = 1
    """Periods in a row after which the alarm goes off."""
    missing: Literal["notBreaching", "missing"] = "notBreaching"
    """The meaning of a period without data: no problem, or missing data, which is an alarm state of its own."""


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    alarms: Sequence[Alarm]
    """The alarms."""
    actions: Sequence[Input[str]]
    """ARNs of the topics that are told when an alarm goes off and when it is over."""


class Alarms(ComponentResource):
    """Alarms whose names begin with their stack's name, by which the topic's policy knows them."""

    arns: list[Output[str]]
    """The alarms' ARNs."""

    def __init__(self, name: str, args: AlarmsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Alarms", name, {}, opts)
        alarms = [
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
        self.arns = [alarm.arn for alarm in alarms]
        self.register_outputs({"alarms": [alarm.name for alarm in alarms]})


def prefix() -> str:
    """Returns what the names of the stack's alarms begin with: stacks may share an account."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-"


def _watched(alarm: Alarm) -> dict[str, Any]:
    """Returns the arguments that say what an alarm watches: one metric, or the share of one in another."""
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
