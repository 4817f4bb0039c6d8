"""CloudWatch metrics by which the AWS half is watched: AWS's own, and those in the functions' log lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Input

from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.event_bus import RuleName
from components.aws.function import Function, metrics_namespace
from components.aws.queue import Queue
from components.aws.table import Table


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric as CloudWatch knows it."""

    namespace: str
    name: str
    dimensions: Mapping[str, Input[str]]
    """All dimensions: CloudWatch finds the metric by exactly these."""


def of_function(function: Function, name: str) -> Metric:
    """Returns a metric of Lambda (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html)."""
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": function.function_name})


def of_queue(queue: Queue | DeadLetterQueue, name: str) -> Metric:
    """Returns a metric of SQS.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    return Metric(namespace="AWS/SQS", name=name, dimensions={"QueueName": queue.queue_name})


def of_table(table: Table, name: str) -> Metric:
    """Returns a metric of DynamoDB.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    return Metric(namespace="AWS/DynamoDB", name=name, dimensions={"TableName": table.table_name})


def of_rule(rule: RuleName, name: str) -> Metric:
    """Returns a metric of EventBridge for a rule of a bus of one's own, which is counted under both names.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    return Metric(namespace="AWS/Events", name=name, dimensions={"EventBusName": rule.bus, "RuleName": rule.rule})


def of_api(api_id: Input[str], name: str) -> Metric:
    """Returns a metric of API Gateway.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    """
    return Metric(namespace="AWS/ApiGateway", name=name, dimensions={"ApiId": api_id, "Stage": "$default"})


def own(name: str, **dimensions: str) -> Metric:
    """Returns a metric of the functions' log lines (`app.contract.metrics`).

    The dimension `service` is the function's name in the program.
    """
    return Metric(namespace=metrics_namespace(), name=name, dimensions=dimensions)
