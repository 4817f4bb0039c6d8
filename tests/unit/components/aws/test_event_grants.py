from __future__ import annotations

import json
from typing import Any

import pytest

from components.aws.event_grants import (
    BatchGetItem,
    CheckItem,
    ConsumeQueue,
    DeleteItem,
    GetItem,
    PostponeMessage,
    Publish,
    PutEvents,
    PutItem,
    Query,
    ReadStream,
    Scan,
    SendMessage,
    UpdateItem,
)
from components.aws.grants import Grant, policy
from tests.support.program import run

TABLE, QUEUE = "arn:aws:dynamodb:eu-central-1:1:table/orders", "arn:aws:sqs:eu-central-1:1:orders"
BUS, TOPIC = "arn:aws:events:eu-central-1:1:event-bus/orders", "arn:aws:sns:eu-central-1:1:notices"


def statement(grant: Grant) -> dict[str, Any]:
    texts: list[str] = []
    run(lambda: policy([grant]).apply(texts.append) and None)
    (text,) = texts
    (only,) = json.loads(text)["Statement"]
    assert only["Effect"] == "Allow"
    return dict(only)


@pytest.mark.parametrize(
    ("grant", "actions", "resource"),
    [
        (GetItem(table_arn=TABLE), ["dynamodb:GetItem"], TABLE),
        (BatchGetItem(table_arn=TABLE), ["dynamodb:BatchGetItem"], TABLE),
        (Scan(table_arn=TABLE), ["dynamodb:Scan"], TABLE),
        (PutItem(table_arn=TABLE), ["dynamodb:PutItem"], TABLE),
        (UpdateItem(table_arn=TABLE), ["dynamodb:UpdateItem"], TABLE),
        (DeleteItem(table_arn=TABLE), ["dynamodb:DeleteItem"], TABLE),
        (CheckItem(table_arn=TABLE), ["dynamodb:ConditionCheckItem"], TABLE),
        (Query(table_arn=TABLE), ["dynamodb:Query"], TABLE),
        (Query(table_arn=TABLE, index="by-customer"), ["dynamodb:Query"], f"{TABLE}/index/by-customer"),
        (
            ConsumeQueue(queue_arn=QUEUE),
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            QUEUE,
        ),
        (PostponeMessage(queue_arn=QUEUE), ["sqs:ChangeMessageVisibility"], QUEUE),
        (SendMessage(queue_arn=QUEUE), ["sqs:SendMessage"], QUEUE),
        (PutEvents(bus_arn=BUS, source="orders", detail_types=["placed"]), ["events:PutEvents"], BUS),
        (Publish(topic_arn=TOPIC), ["sns:Publish"], TOPIC),
    ],
)
def test_a_grant_is_for_one_resource_and_names_its_actions(grant: Grant, actions: list[str], resource: str) -> None:
    made = statement(grant)
    assert (made["Action"], made["Resource"]) == (actions, resource)
    assert not [action for action in made["Action"] if "*" in action]


def test_items_can_be_those_of_some_partitions_alone() -> None:
    made = statement(PutItem(table_arn=TABLE, leading_keys=["ORDER#*", "OUTBOX#*"]))
    assert made["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ORDER#*", "OUTBOX#*"]}}
    assert "Condition" not in statement(PutItem(table_arn=TABLE))
    by_customer = Query(table_arn=TABLE, index="by-customer", leading_keys=["C#*"])
    assert statement(by_customer)["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["C#*"]}}


def test_events_are_sent_in_one_name() -> None:
    made = statement(PutEvents(bus_arn=BUS, source="orders", detail_types=["placed", "cancelled"]))
    assert made["Condition"] == {
        "ForAllValues:StringEquals": {
            "events:source": ["orders"],
            "events:detail-type": ["placed", "cancelled"],
        }
    }


def test_a_stream_s_reader_may_read_the_streams_of_one_table() -> None:
    made = statement(ReadStream(table_arn=TABLE))
    assert made["Resource"] == f"{TABLE}/stream/*"
    assert set(made["Action"]) == {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }
