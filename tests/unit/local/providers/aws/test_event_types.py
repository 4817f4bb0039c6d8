"""Tables, queues, buses, topics, event sources and alarms: the whole life of each, against the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import Aws
from local.providers.aws.queues import without_transport
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Program
from tests.unit.local.providers.aws.event_cases.alarms import ALARM, ALARMS
from tests.unit.local.providers.aws.event_cases.buses import BUSES
from tests.unit.local.providers.aws.event_cases.queues_and_tables import (
    BY_CUSTOMER,
    KEYS,
    QUEUES_AND_TABLES,
    STREAM,
    WITH_CUSTOMER,
    attribute,
    policy,
)
from tests.unit.local.providers.aws.event_cases.sources import SOURCES
from tests.unit.local.providers.aws.life import Case, live


@pytest.mark.parametrize("case", [*QUEUES_AND_TABLES, *BUSES, *SOURCES, *ALARMS], ids=lambda case: case.type)
def test_each_type_is_made_adopted_changed_and_deleted(
    case: Case, program: Program, archive: Archive, api: Aws
) -> None:
    live(case, program, archive, api)


def tls_only(resource: str) -> dict[str, Any]:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": resource, "Condition": plain}


@pytest.mark.parametrize(
    ("statements", "kept"),
    [
        ([tls_only("q")], ""),
        ([tls_only("q"), {"Effect": "Allow", "Action": "sqs:SendMessage"}], "sqs:SendMessage"),
        ([{**tls_only("q"), "Effect": "Allow"}], "*"),
        (
            [{**tls_only("q"), "Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}}],
            "*",
        ),
    ],
)
def test_a_refusal_of_plain_http_is_left_out_of_a_policy_and_nothing_else(
    statements: list[dict[str, Any]], kept: str
) -> None:
    text = without_transport(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert [one["Action"] for one in json.loads(text)["Statement"]] == [kept] if kept else text == ""


def test_a_queue_that_refuses_plain_http_takes_messages_here(program: Program, api: Aws) -> None:
    queue = program.make("Queue", "orders")
    document = {"Version": "2012-10-17", "Statement": [tls_only(queue["arn"])]}
    made = program.make("QueuePolicy", "orders", queueUrl=queue["id"], policy=json.dumps(document))
    assert api.call("sqs", "SendMessage", {"QueueUrl": queue["id"], "MessageBody": "here"})["MessageId"]
    assert program.handler("QueuePolicy").exists(made["id"], made)


RECORDED = {
    "Key": ({"description": "Messages", "enableKeyRotation": True}, {"description": "Letters"}, {"arn", "keyId"}),
    "Permission": ({"function": "edge", "action": "lambda:InvokeFunction"}, {"principal": "one"}, {"statementId"}),
    "TopicPolicy": ({"arn": "arn:aws:sns:::notices", "policy": "{}"}, {"policy": "[]"}, set()),
}


@pytest.mark.parametrize("type_", RECORDED)
def test_what_the_emulator_would_never_use_is_in_the_state_alone(type_: str, program: Program) -> None:
    (inputs, change, outputs), handler = RECORDED[type_], program.handler(type_)
    made = handler.create("one", inputs)
    assert made.outputs.keys() >= outputs
    assert handler.exists(made.id, {**inputs, **made.outputs})
    assert handler.create("one", inputs) == made
    after = handler.update(made.id, inputs, {**inputs, **change}, {**inputs, **made.outputs})
    assert after == made.outputs
    with pytest.raises(ProviderError, match=rf"aws {type_} 'one': the local stack can't honour strange\."):
        handler.create("one", {**inputs, "strange": "value"})
    handler.delete(made.id, {**inputs, **after})


def test_a_table_loses_what_the_program_takes_away(program: Program, api: Aws) -> None:
    whole = {
        **KEYS,
        **STREAM,
        "attributes": WITH_CUSTOMER,
        "globalSecondaryIndexes": [BY_CUSTOMER],
        "ttl": {"attributeName": "expires", "enabled": True},
        "pointInTimeRecovery": {"enabled": True},
        "deletionProtectionEnabled": True,
    }
    made = program.make("Table", "orders", **whole)
    assert made["streamArn"].startswith(f"{made['arn']}/stream/")
    handler = program.handler("Table")
    with pytest.raises(ProviderError, match=r"protected|protection"):
        handler.delete(made["id"], made)
    outputs = {**KEYS, **handler.update(made["id"], whole, KEYS, made)}
    described = api.call("dynamodb", "DescribeTable", {"TableName": "orders"})["Table"]
    assert not described.get("GlobalSecondaryIndexes")
    assert not described.get("StreamSpecification", {}).get("StreamEnabled")
    ttl = api.call("dynamodb", "DescribeTimeToLive", {"TableName": "orders"})["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
    assert handler.exists(made["id"], outputs)
    handler.delete(made["id"], outputs)
    assert not handler.exists(made["id"], outputs)
    program.made.clear()


def test_another_view_of_the_changes_is_another_stream(program: Program) -> None:
    old = {**KEYS, **STREAM}
    made = program.make("Table", "orders", **old)
    new = {**old, "streamViewType": "NEW_IMAGE"}
    changed = program.handler("Table").update(made["id"], old, new, made)
    assert changed["streamArn"] != made["streamArn"]


def test_a_changed_queue_keeps_its_policies(program: Program, api: Aws) -> None:
    queue = program.make("Queue", "orders", visibilityTimeoutSeconds=60)
    held = program.make("QueuePolicy", "orders", queueUrl=queue["id"], policy=policy(queue["arn"], "one"))
    inputs = {"visibilityTimeoutSeconds": 60}
    program.handler("Queue").update(queue["id"], inputs, {"visibilityTimeoutSeconds": 90}, queue)
    assert program.handler("QueuePolicy").exists(held["id"], held)
    assert attribute("VisibilityTimeout")(api, queue) == "90"


@pytest.mark.parametrize(
    ("type_", "inputs", "named"),
    [
        ("Table", {**KEYS, "billingMode": "PROVISIONED"}, "billingMode must be PAY_PER_REQUEST"),
        ("Table", {**KEYS, "localSecondaryIndexes": [{"name": "x"}]}, "localSecondaryIndexes"),
        ("Table", {**KEYS, "replicas": [{"regionName": "us-east-1"}]}, "replicas"),
        ("Queue", {"name": "orders.fifo", "fifoQueue": True}, "fifoQueue"),
        ("Queue", {"name": "orders.fifo"}, "standard queues only"),
        ("Queue", {"kmsMasterKeyId": "alias/own"}, "kmsMasterKeyId"),
        ("EventBus", {"kmsKeyIdentifier": "alias/own"}, "kmsKeyIdentifier"),
        ("EventRule", {"eventPattern": "{}", "scheduleExpression": "rate(1 day)"}, "scheduleExpression"),
        ("EventTarget", {"rule": "r", "arn": "a", "inputPath": "$.detail"}, "inputPath"),
        ("Topic", {"fifoTopic": True}, "fifoTopic"),
        ("MetricAlarm", {**ALARM, "thresholdMetricId": "m"}, "thresholdMetricId"),
        (
            "EventSourceMapping",
            {"functionName": "f", "eventSourceArn": "arn:aws:kafka:::x", "topics": ["a"]},
            "topics",
        ),
    ],
)
def test_what_it_can_not_honour_is_refused_by_name(
    program: Program, type_: str, inputs: Properties, named: str
) -> None:
    with pytest.raises(ProviderError, match="thing") as refused:
        program.handler(type_).create("thing", inputs)
    assert named in str(refused.value)
