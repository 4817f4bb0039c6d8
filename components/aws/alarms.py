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
    """Seconds that the statistic is made of. The alarm looks every minute, also at the end of a longer period."""
    periods: int = 1
    """Periods in a row after which the alarm goes off. One without data is passed over while CloudWatch has older ones
    that take its place, which may be a few more."""
    missing: Literal["notBreaching", "zero", "ignore"] = "notBreaching"
    """The meaning of a period without data: no problem, a sum of 0, or nothing at all, so that the alarm stays as it
    is. A metric that only has data when something is wrong needs "zero" where its period is longer than a minute:
    otherwise the alarm looks at the same data again when they are over, and people are told again
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data)."""


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
                treat_missing_data="ignore" if alarm.missing == "ignore" else "notBreaching",
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
    """Returns the arguments that say what an alarm watches: a metric, or an expression over one or two."""
    if alarm.share_of is not None or alarm.missing == "zero":
        return {"metric_queries": _queries(alarm)}
    return {
        "namespace": alarm.metric.namespace,
        "metric_name": alarm.metric.name,
        "dimensions": alarm.metric.dimensions,
        "period": alarm.period,
        "extended_statistic" if alarm.statistic.startswith("p") else "statistic": alarm.statistic,
    }


def _queries(alarm: Alarm) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    """Returns the metrics of an expression, and the expression itself."""
    queries, expression, id_, label = [_query("part", alarm, alarm.metric)], "part", "filled", alarm.metric.name
    if alarm.share_of is not None:
        queries.append(_query("whole", alarm, alarm.share_of))
        expression, id_, label = "100 * part / whole", "share", "percent"
    if alarm.missing == "zero":
        expression = f"FILL({expression}, 0)"
    watched = aws.cloudwatch.MetricAlarmMetricQueryArgs(id=id_, expression=expression, label=label, return_data=True)
    return [*queries, watched]


def _query(id_: str, alarm: Alarm, metric: Metric) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
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
