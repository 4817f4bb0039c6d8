"""The lives of buses, rules, targets, archives and topics."""

from __future__ import annotations

import json

from local.provider import Properties
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Program
from tests.unit.local.providers.aws.life import Case


def target(program: Program, _: Archive) -> Properties:
    bus = program.make("EventBus", "orders")["name"]
    rule = program.make("EventRule", "placed", eventBusName=bus, eventPattern='{"source":["orders"]}')
    queue, dead = (program.make("Queue", name)["arn"] for name in ("orders", "orders-dead"))
    retries = {"maximumEventAgeInSeconds": 3600.0, "maximumRetryAttempts": 5.0}
    return {
        "eventBusName": bus,
        "rule": rule["name"],
        "arn": queue,
        "roleArn": "arn:aws:iam::000000000000:role/placed",
        "deadLetterConfig": {"arn": dead},
        "retryPolicy": retries,
    }


BUSES = [
    Case(
        type="EventBus",
        inputs=lambda *_: {"description": "one"},
        change={"description": "two"},
        read=lambda aws, made: aws.call("events", "DescribeEventBus", {"Name": made["id"]})["Description"],
        before="one",
        after="two",
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="EventRule",
        inputs=lambda program, _: {
            "eventBusName": program.make("EventBus", "orders")["name"],
            "eventPattern": '{"source": ["one"]}',
        },
        change={"eventPattern": '{"source": ["two"]}'},
        read=lambda aws, made: json.loads(
            aws.call("events", "DescribeRule", {"Name": made["name"], "EventBusName": made["eventBusName"]})[
                "EventPattern"
            ]
        ),
        before={"source": ["one"]},
        after={"source": ["two"]},
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="EventTarget",
        inputs=target,
        change={"retryPolicy": {"maximumEventAgeInSeconds": 7200.0, "maximumRetryAttempts": 5.0}},
        read=lambda aws, made: aws.call(
            "events", "ListTargetsByRule", {"Rule": made["rule"], "EventBusName": made["eventBusName"]}
        )["Targets"][0]["RetryPolicy"]["MaximumEventAgeInSeconds"],
        before=3600,
        after=7200,
        outputs=frozenset({"targetId"}),
    ),
    Case(
        type="EventArchive",
        inputs=lambda program, _: {
            "eventSourceArn": program.make("EventBus", "orders")["arn"],
            "retentionDays": 14.0,
        },
        change={"retentionDays": 30.0},
        read=lambda aws, made: aws.call("events", "DescribeArchive", {"ArchiveName": made["id"]})["RetentionDays"],
        before=14,
        after=30,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Topic",
        inputs=lambda *_: {"displayName": "one", "kmsMasterKeyId": "alias/aws/sns"},
        change={"displayName": "two"},
        read=lambda aws, made: aws.call("sns", "GetTopicAttributes", {"TopicArn": made["id"]})["Attributes"][
            "DisplayName"
        ],
        before="one",
        after="two",
        outputs=frozenset({"arn", "name"}),
    ),
]
