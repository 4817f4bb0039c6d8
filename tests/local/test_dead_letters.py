"""The runbook's commands give back what was given up: a test for each source of dead letters in the program.

In each of them an order's event is taken away from its consumer, so that the order can only be completed by the dead
letter of that event.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.functions.kit.logs import Log
from app.functions.relay.dead_letters import DeadLetters
from local.providers.aws.client import Aws
from tests.local.test_commerce import admitting
from tests.support.customer import Customer, paused
from tests.support.dead_letters import SOURCES
from tests.support.runbook import command
from tests.support.stack import Done, Stack
from tests.support.waiting import eventually


class Shop:
    """The queues, the stream and the table of the running stack."""

    def __init__(self, stack: Stack, aws: Aws) -> None:
        self.stack, self.aws = stack, aws

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.aws.call(service, operation, parameters)

    def queue(self, name: str) -> str:
        url: str = self.stack.outputs_of("sqs/queue:Queue", name)["url"]
        return url

    def put(self, name: str, body: str, **attributes: str) -> None:
        """Puts a letter into a dead-letter queue."""
        typed = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
        url = self.queue(f"{name}-dead-letters")
        self.call("sqs", "SendMessage", QueueUrl=url, MessageBody=body, MessageAttributes=typed)

    def taken(self, order: str) -> dict[str, Any]:
        """Takes the event of the order away from the queue of fulfilment, whose consumer is paused."""
        url = self.queue("fulfilment")

        def found() -> dict[str, Any] | None:
            answer = self.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
            for message in answer.get("Messages", []):
                event: dict[str, Any] = json.loads(message["Body"])
                if event["detail"]["order_id"] == order:
                    self.call("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    return event
            return None

        event: dict[str, Any] = eventually(found, what="the order's event in the queue")
        return event

    def position(self, order: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Returns stream and shard, and the record of the order's first event."""
        stream = self.stack.outputs_of("dynamodb/table:Table", "orders")["streamArn"]
        described = self.call("dynamodbstreams", "DescribeStream", StreamArn=stream)["StreamDescription"]
        for shard in described["Shards"]:
            place = {"streamArn": stream, "shardId": shard["ShardId"]}
            start = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = self.call("dynamodbstreams", "GetShardIterator", **start)["ShardIterator"]
            while iterator:
                answer = self.call("dynamodbstreams", "GetRecords", ShardIterator=iterator)
                for record in answer["Records"]:
                    keys = record["dynamodb"]["Keys"]
                    if (keys["order_id"]["S"], keys["entry"]["S"]) == (order, "event#000001"):
                        return place, record
                iterator = answer.get("NextShardIterator") if answer["Records"] else None
        raise AssertionError(f"The stream has no event of {order}.")

    def letters(self, queue: str) -> list[dict[str, Any]]:
        done = self.run("events dlq", "--queue", queue, "--json")
        assert done.code == 0, done.err
        return [json.loads(line) for line in done.out.splitlines()]

    def run(self, beginning: str, *options: str) -> Done:
        """Runs a command of the runbook, with options that it says may be added."""
        return self.stack.deliver(" ".join([command(beginning), *options]))


@pytest.fixture
def shop(stack: Stack, aws: Aws) -> Iterator[Shop]:
    made = Shop(stack, aws)
    assert {queue: made.letters(queue) for queue in set(SOURCES.values())} == {queue: [] for queue in SOURCES.values()}
    yield made
    for queue in set(SOURCES.values()):
        made.call("sqs", "PurgeQueue", QueueUrl=made.queue(f"{queue}-dead-letters"))


def given_up_by_the_queue(shop: Shop, _: str) -> None:
    """Receives the messages without finishing them, as a consumer does that always fails."""
    url = shop.queue("fulfilment")

    def given_up() -> list[dict[str, Any]]:
        while shop.call("sqs", "ReceiveMessage", QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0).get("Messages"):
            continue
        return shop.letters("fulfilment")

    eventually(given_up, what="the event among the dead letters")


def given_up_by_the_rule(shop: Shop, order: str) -> None:
    """EventBridge puts the event itself, and says why in attributes
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html)."""
    event = shop.taken(order)
    shop.put("fulfilment", json.dumps(event), RULE_ARN="arn:rule", TARGET_ARN="arn:queue", ERROR_CODE="NO_PERMISSIONS")


def given_up_by_the_stream(shop: Shop, order: str) -> None:
    """Lambda tells the position of the batch
    (https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html)."""
    shop.taken(order)
    place, record = shop.position(order)
    number, now = record["dynamodb"]["SequenceNumber"], dt.datetime.now(dt.UTC).isoformat()
    batch = {"startSequenceNumber": number, "endSequenceNumber": number, "batchSize": 1}
    times = {"approximateArrivalOfFirstRecord": now, "approximateArrivalOfLastRecord": now}
    note = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "version": "1.0", "timestamp": now}
    shop.put("relay", json.dumps({**note, "DDBStreamBatchInfo": {**place, **batch, **times}}))


def forgotten_by_the_stream(shop: Shop, order: str) -> None:
    """The shard of the position is gone: the events of that time are read from the table."""
    shop.taken(order)
    place, _ = shop.position(order)
    now = dt.datetime.now(dt.UTC).isoformat()
    batch = {
        "startSequenceNumber": f"{1:021}",
        "endSequenceNumber": f"{9:021}",
        "batchSize": 9,
        "shardId": f"{place['shardId']}-gone",
    }
    times = {"approximateArrivalOfFirstRecord": now, "approximateArrivalOfLastRecord": now}
    shop.put("relay", json.dumps({"DDBStreamBatchInfo": {**place, **batch, **times}}))


def put_aside_by_the_relay(shop: Shop, order: str) -> None:
    shop.taken(order)
    _, record = shop.position(order)
    record = json.loads(json.dumps(record, default=str))
    url = shop.queue("relay-dead-letters")
    DeadLetters(client=Sqs(shop), url=url, log=Log(service="relay", level="ERROR")).put(record, "The bus was away.")


class Sqs:
    """The part of a client of SQS that the relay uses."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def send_message(self, **parameters: Any) -> None:
        self._shop.call("sqs", "SendMessage", **parameters)


ORDERS = {
    "queue fulfilment": given_up_by_the_queue,
    "rule fulfilment": given_up_by_the_rule,
    "stream relay": given_up_by_the_stream,
    "stream relay, forgotten": forgotten_by_the_stream,
    "function relay": put_aside_by_the_relay,
}


ARCHIVED = {"queue rebuild": {}, "rule rebuild": {"ERROR_CODE": "NO_PERMISSIONS"}}
"""The sources that give up events of the archive, with the attributes that they add."""


@pytest.mark.parametrize("source", ORDERS)
def test_an_order_is_completed_by_the_dead_letter_of_its_event(shop: Shop, anna: Customer, source: str) -> None:
    queue = SOURCES[source.partition(",")[0]]
    with paused(shop.stack):
        order = anna.placed(anna.product())
        ORDERS[source](shop, order)
        assert [letter["queue"] for letter in shop.letters(queue)] == [queue]
    assert anna.status(order) == "PENDING"

    done = shop.run("events redrive")

    assert (done.code, done.out) == (0, f"{queue}: 1 given back.\n"), done.err
    anna.settled(order)
    assert shop.letters(queue) == []


@contextmanager
def inbox(shop: Shop) -> Iterator[str]:
    """Yields the URL of a queue that subscribes to the notices."""
    topic = shop.stack.outputs_of("sns/topic:Topic", "order-notices")["arn"]
    url = shop.call("sqs", "CreateQueue", QueueName=f"inbox-{uuid.uuid4().hex}")["QueueUrl"]
    attributes = shop.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    arn = attributes["QueueArn"]
    shop.call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": admitting(topic, arn)})
    raw = {"RawMessageDelivery": "true"}
    subscribed = shop.call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    try:
        yield url
    finally:
        shop.call("sns", "Unsubscribe", SubscriptionArn=subscribed["SubscriptionArn"])
        shop.call("sqs", "DeleteQueue", QueueUrl=url)


def test_customers_get_the_notice_that_the_rule_order_notices_gave_up(shop: Shop) -> None:
    event = {"source": "crosscloud.orders", "detail-type": "order.placed", "detail": {"order_id": str(uuid.uuid4())}}
    shop.put("order-notices", json.dumps(event), ERROR_CODE="THROTTLING")
    with inbox(shop) as url:
        done = shop.run("events redrive")
        assert (done.code, done.out) == (0, "order-notices: 1 given back.\n"), done.err

        def received() -> bool:
            messages = shop.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            return any(json.loads(message["Body"]) == event for message in messages)

        eventually(received, what="the notice")
    assert shop.letters("order-notices") == []


@pytest.mark.parametrize("source", ARCHIVED)
def test_an_archived_event_that_was_given_up_is_taken_by_the_next_rebuild(
    shop: Shop, anna: Customer, source: str
) -> None:
    with paused(shop.stack):
        order = anna.placed(anna.product())
        event = shop.taken(order)
    shop.put("rebuild", json.dumps({**event, "replay-name": "rebuild-before"}), **ARCHIVED[source])

    done = shop.run("events redrive")
    assert (done.code, done.out) == (0, "rebuild: 1 given back.\n"), done.err
    done = shop.run("events rebuild", "--json")

    assert done.code == 0, done.err
    assert json.loads(done.out)["restored"] >= 1
    assert anna.counted()[f"order.placed {order}"] == 1
    assert shop.letters("rebuild") == []
    shop.call("sqs", "SendMessage", QueueUrl=shop.queue("fulfilment"), MessageBody=json.dumps(event))
    anna.settled(order)


def test_every_source_of_dead_letters_is_tested_here() -> None:
    tested = {*(source.partition(",")[0] for source in ORDERS), *ARCHIVED, "rule order-notices"}
    assert tested == SOURCES.keys()


def test_a_record_that_can_never_be_published_is_put_aside_once_and_stays_there_with_its_reason(
    shop: Shop, anna: Customer
) -> None:
    """Neither does it hold up the events that come after it, nor does a redrive lose it."""
    table = shop.stack.outputs_of("dynamodb/table:Table", "orders")["name"]
    broken = {"order_id": {"S": str(uuid.uuid4())}, "entry": {"S": "event#000001"}, "document": {"S": "{}"}}
    shop.call("dynamodb", "PutItem", TableName=table, Item=broken)
    anna.settled(anna.placed(anna.product()))
    (letter,) = eventually(lambda: shop.letters("relay"), what="the record among the dead letters")
    assert json.loads(letter["body"])["record"]["dynamodb"]["NewImage"] == broken
    assert letter["last_try"]["tries"] == 1
    assert "It is no event" in letter["last_try"]["reason"]

    done = shop.run("events redrive", "--message", letter["message_id"])

    assert done.code == 1
    assert f"{letter['message_id']} stays: " in done.err
    assert "It is no event" in done.err
    assert [one["message_id"] for one in shop.letters("relay")] == [letter["message_id"]]


def test_events_that_the_stream_has_forgotten_are_published_from_the_table(shop: Shop, anna: Customer) -> None:
    since = dt.datetime.now(dt.UTC).isoformat()
    with paused(shop.stack):
        order = anna.placed(anna.product())
        shop.taken(order)
    line = command("events republish").partition("--since")[0]

    done = shop.stack.deliver(f"{line} --since {since}")

    assert (done.code, done.out) == (0, "1 event is published again.\n"), done.err
    anna.settled(order)
