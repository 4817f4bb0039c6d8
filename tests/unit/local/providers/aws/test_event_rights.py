"""The components' grants on the emulator, which enforces them: enough for the call that they are for, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from components.aws.event_grants import (
    BatchGetItem,
    CheckItem,
    GetItem,
    Publish,
    PutEvents,
    PutItem,
    Query,
    Scan,
    SendMessage,
    UpdateItem,
)
from components.aws.grants import Grant, policy
from local.providers import aws
from local.providers.aws.client import Aws
from tests.support.program import run
from tests.unit.local.providers.aws.emulated import CALLER, Emulator, Program, zipped

ACCOUNT = "eu-central-1:000000000000"
TABLE, QUEUE = f"arn:aws:dynamodb:{ACCOUNT}:table/orders", f"arn:aws:sqs:{ACCOUNT}:orders"
BUS, TOPIC = f"arn:aws:events:{ACCOUNT}:event-bus/orders", f"arn:aws:sns:{ACCOUNT}:notices"
ITEM, KEY = {"pk": {"S": "ORDER#1"}, "customer": {"S": "C#1"}}, {"pk": {"S": "PRODUCT#1"}}
SET = {"UpdateExpression": "SET quantity = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
IF_ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}


@pytest.fixture(scope="module")
def shop(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Yields the program with the resources that the calls are about, and a caller without rights."""
    program = Program(aws.package(emulator.machine))
    by_customer = {"name": "by-customer", "projectionType": "ALL"}
    by_customer["keySchemas"] = [{"attributeName": "customer", "keyType": "HASH"}]
    program.make(
        "Table",
        "orders",
        billingMode="PAY_PER_REQUEST",
        hashKey="pk",
        attributes=[{"name": name, "type": "S"} for name in ("pk", "customer")],
        globalSecondaryIndexes=[by_customer],
    )
    for type_, name in (("Queue", "orders"), ("EventBus", "orders"), ("Topic", "notices")):
        program.make(type_, name)
    program.function("caller", zipped(tmp_path_factory.mktemp("code") / "caller.zip", CALLER))
    yield program
    program.delete()


def call(api: Aws, service: str, operation: str, parameters: dict[str, Any]) -> str:
    event = json.dumps({"service": service, "call": operation, "parameters": parameters})
    answer = api.call("lambda", "Invoke", {"FunctionName": "caller", "Payload": event.encode()})
    return str(json.loads(answer["Payload"].read()))


def refused(answer: str) -> bool:
    return answer in ("AccessDenied", "AccessDeniedException", "AuthorizationError")


def document(*grants: Grant) -> str:
    texts: list[str] = []
    run(lambda: policy(grants).apply(texts.append) and None)
    return texts[0]


TRANSACTION = [
    {"Put": {"TableName": "orders", "Item": ITEM, **IF_ABSENT}},
    {"Update": {"TableName": "orders", "Key": KEY, **SET}},
    {"ConditionCheck": {"TableName": "orders", "Key": {"pk": {"S": "none"}}, **IF_ABSENT}},
]
BY_CUSTOMER = {"KeyConditionExpression": "customer = :c", "ExpressionAttributeValues": {":c": {"S": "C#1"}}}
EVENT = {"EventBusName": "orders", "Source": "orders", "DetailType": "placed", "Detail": "{}"}


@pytest.mark.parametrize(
    ("grants", "service", "operation", "parameters"),
    [
        ([GetItem(table_arn=TABLE)], "dynamodb", "get_item", {"TableName": "orders", "Key": KEY}),
        (
            [BatchGetItem(table_arn=TABLE)],
            "dynamodb",
            "batch_get_item",
            {"RequestItems": {"orders": {"Keys": [KEY]}}},
        ),
        ([Scan(table_arn=TABLE)], "dynamodb", "scan", {"TableName": "orders"}),
        ([PutItem(table_arn=TABLE)], "dynamodb", "put_item", {"TableName": "orders", "Item": ITEM}),
        ([UpdateItem(table_arn=TABLE)], "dynamodb", "update_item", {"TableName": "orders", "Key": KEY, **SET}),
        (
            [Query(table_arn=TABLE, index="by-customer")],
            "dynamodb",
            "query",
            {"TableName": "orders", "IndexName": "by-customer", **BY_CUSTOMER},
        ),
        (
            [
                PutItem(table_arn=TABLE, leading_keys=["ORDER#*"]),
                UpdateItem(table_arn=TABLE),
                CheckItem(table_arn=TABLE),
            ],
            "dynamodb",
            "transact_write_items",
            {"TransactItems": TRANSACTION},
        ),
        (
            [SendMessage(queue_arn=QUEUE)],
            "sqs",
            "send_message",
            {"QueueUrl": "http://127.0.0.1/000000000000/orders", "MessageBody": "one"},
        ),
        (
            [PutEvents(bus_arn=BUS, source="orders", detail_types=["placed"])],
            "events",
            "put_events",
            {"Entries": [EVENT]},
        ),
        ([Publish(topic_arn=TOPIC)], "sns", "publish", {"TopicArn": TOPIC, "Message": "one"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_grant_is_enough_and_needed(
    shop: Program, api: Aws, grants: list[Grant], service: str, operation: str, parameters: dict[str, Any]
) -> None:
    api.call("dynamodb", "DeleteItem", {"TableName": "orders", "Key": {"pk": ITEM["pk"]}})
    assert refused(call(api, service, operation, parameters))
    for number in range(len(grants)):
        if len(grants) > 1:
            fewer = shop.make(
                "RolePolicy", "rights", role="caller", policy=document(*grants[:number], *grants[number + 1 :])
            )
            assert refused(call(api, service, operation, parameters)), grants[number]
            shop.handler("RolePolicy").delete(fewer["id"], fewer)
    made = shop.make("RolePolicy", "rights", role="caller", policy=document(*grants))
    assert call(api, service, operation, parameters) == "done"
    shop.handler("RolePolicy").delete(made["id"], made)


def test_the_rights_to_an_index_are_not_those_to_its_table(shop: Program, api: Aws) -> None:
    made = shop.make(
        "RolePolicy", "rights", role="caller", policy=document(Query(table_arn=TABLE, index="by-customer"))
    )
    by_key = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": ITEM["pk"]}}
    assert refused(call(api, "dynamodb", "query", {"TableName": "orders", **by_key}))
    shop.handler("RolePolicy").delete(made["id"], made)
