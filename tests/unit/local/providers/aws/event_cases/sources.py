"""The lives of the event sources of functions: queues and streams of tables."""

from __future__ import annotations

from typing import Any

from local.provider import Properties
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Program
from tests.unit.local.providers.aws.event_cases.queues_and_tables import KEYS, STREAM
from tests.unit.local.providers.aws.life import Case


def of_function(program: Program, archive: Archive) -> str:
    function = program.function("consumer", archive)
    alias = {"name": "live", "functionName": "consumer", "functionVersion": function["version"]}
    program.make("Alias", "consumer-live", **alias)
    return "consumer:live"


def from_queue(program: Program, archive: Archive) -> Properties:
    return {
        "functionName": of_function(program, archive),
        "eventSourceArn": program.make("Queue", "orders", visibilityTimeoutSeconds=60)["arn"],
        "batchSize": 10.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 2.0},
    }


def from_stream(program: Program, archive: Archive) -> Properties:
    dead = program.make("Queue", "relay-dead")["arn"]
    return {
        "functionName": of_function(program, archive),
        "eventSourceArn": program.make("Table", "orders", **KEYS, **STREAM)["streamArn"],
        "startingPosition": "TRIM_HORIZON",
        "batchSize": 10.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "maximumRetryAttempts": 5.0,
        "bisectBatchOnFunctionError": True,
        "destinationConfig": {"onFailure": {"destinationArn": dead}},
        "filterCriteria": {"filters": [{"pattern": '{"eventName":["INSERT"]}'}]},
    }


def mapping(member: str) -> Any:
    return lambda aws, made: aws.call("lambda", "GetEventSourceMapping", {"UUID": made["id"]})[member]


SOURCES = [
    Case(
        type="EventSourceMapping",
        inputs=from_queue,
        change={"batchSize": 5.0},
        read=mapping("BatchSize"),
        before=10,
        after=5,
        outputs=frozenset({"uuid", "functionArn"}),
    ),
    Case(
        type="EventSourceMapping",
        inputs=from_stream,
        change={"maximumRetryAttempts": 3.0},
        read=mapping("MaximumRetryAttempts"),
        before=5,
        after=3,
        outputs=frozenset({"uuid", "functionArn"}),
    ),
]
