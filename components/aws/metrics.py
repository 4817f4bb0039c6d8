"""CloudWatch metrics by which the AWS half is watched: AWS's own, and those in the functions' log lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Input

from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.function import Function, metrics_namespace
from components.aws.queue import Queue
from components.aws.table import Table


@dataclass(frozen=True, kw_only=True)
class Metric:
    """CloudWatch finds it by exactly these dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, Input[str]]


def of_function(function: Function, name: str) -> Metric:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": function.function_name})


def of_queue(queue: Queue | DeadLetterQueue, name: str) -> Metric:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""
    return Metric(namespace="AWS/SQS", name=name, dimensions={"QueueName": queue.queue_name})


def of_table(table: Table, name: str) -> Metric:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html"""
    return Metric(namespace="AWS/DynamoDB", name=name, dimensions={"TableName": table.table_name})


def of_api(api_id: Input[str], name: str) -> Metric:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html"""
    return Metric(namespace="AWS/ApiGateway", name=name, dimensions={"ApiId": api_id, "Stage": "$default"})


def own(name: str, **dimensions: str) -> Metric:
    """Of a function's log lines; `service` is the function's name in the program."""
    return Metric(namespace=metrics_namespace(), name=name, dimensions=dimensions)
