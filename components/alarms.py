"""Alarms on functions and queues, each with what a person should do in its description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.dead_letter_queue import DeadLetterQueue
from components.function import Function
from components.queue import Queue

MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Goes off when `statistic` (Sum, Maximum or a percentile such as p99) of the metric over `period` seconds reaches
    `threshold`, `periods` times in a row; without data it is quiet."""

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: dict[str, Input[str]]
    statistic: str
    threshold: float
    period: int = MINUTE
    periods: int = 1


def dead_letters(name: str, queue: DeadLetterQueue) -> Alarm:
    """At the first message."""
    return _of_queue(
        f"{name}-dead-letters",
        "Something could not be worked on. See the runbook: look at it, mend the cause, redrive.",
        queue.queue_name,
        metric="ApproximateNumberOfMessagesVisible",
        threshold=1,
    )


def queue_age(name: str, queue: Queue, *, seconds: int) -> Alarm:
    """When the oldest message has waited for so long, for five minutes."""
    return _of_queue(
        f"{name}-queue-age",
        "Messages wait: the consumer fails, is throttled or too slow.",
        queue.queue_name,
        metric="ApproximateAgeOfOldestMessage",
        threshold=seconds,
        periods=5,
    )


def errors(name: str, function: Function) -> Alarm:
    """At calls that raised or timed out: functions answer what they expect."""
    return _of_function(f"{name}-errors", "Calls of the function fail.", function, metric="Errors", threshold=1)


def throttles(name: str, function: Function) -> Alarm:
    return _of_function(
        f"{name}-throttles",
        "Calls of the function are refused: its reserved concurrency, or the account's, is used up.",
        function,
        metric="Throttles",
        threshold=1,
    )


def slow(name: str, function: Function, *, share: float = 0.8) -> Alarm:
    """When the slowest of a hundred calls takes `share` of the function's timeout, for five minutes."""
    return _of_function(
        f"{name}-duration",
        "Calls of the function come close to its timeout.",
        function,
        metric="Duration",
        statistic="p99",
        threshold=share * function.timeout * 1000,
        periods=5,
    )


def iterator_age(name: str, function: Function, *, seconds: int = 60) -> Alarm:
    """When the oldest record of a stream has waited for the function for so long."""
    return _of_function(
        f"{name}-iterator-age",
        "Records of the stream wait: the function fails or is too slow. The stream forgets after 24 hours.",
        function,
        metric="IteratorAge",
        statistic="Maximum",
        threshold=seconds * 1000,
    )


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """`actions` are ARNs of topics that are told when an alarm goes off and when it is over."""

    alarms: Sequence[Alarm]
    actions: Sequence[Input[str]]


class Alarms(ComponentResource):
    names: list[Output[str]]

    def __init__(self, name: str, args: AlarmsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Alarms", name, {}, opts)
        made = [
            aws.cloudwatch.MetricAlarm(
                alarm.name,
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=alarm.dimensions,
                statistic=None if alarm.statistic.startswith("p") else alarm.statistic,
                extended_statistic=alarm.statistic if alarm.statistic.startswith("p") else None,
                period=alarm.period,
                evaluation_periods=alarm.periods,
                comparison_operator="GreaterThanOrEqualToThreshold",
                threshold=alarm.threshold,
                treat_missing_data="notBreaching",
                alarm_actions=list(args.actions),
                ok_actions=list(args.actions),
                opts=ResourceOptions(parent=self),
            )
            for alarm in args.alarms
        ]
        self.names = [alarm.name for alarm in made]
        self.register_outputs({"alarms": self.names})


def _of_queue(
    name: str, description: str, queue: Input[str], *, metric: str, threshold: float, periods: int = 1
) -> Alarm:
    return Alarm(
        name=name,
        description=description,
        namespace="AWS/SQS",
        metric=metric,
        dimensions={"QueueName": queue},
        statistic="Maximum",
        threshold=threshold,
        periods=periods,
    )


def _of_function(
    name: str,
    description: str,
    function: Function,
    *,
    metric: str,
    threshold: float,
    statistic: str = "Sum",
    periods: int = 1,
) -> Alarm:
    return Alarm(
        name=name,
        description=description,
        namespace="AWS/Lambda",
        metric=metric,
        dimensions={"FunctionName": function.function_name},
        statistic=statistic,
        threshold=threshold,
        periods=periods,
    )
