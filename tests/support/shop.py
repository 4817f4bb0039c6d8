"""The commerce functions on an emulator with real tables, stream, bus and queue. Billing and analytics are fakes.

This module does in steps what AWS does between the functions, so that a test decides what happens when. `relay` gives
the next records of the stream to the function `relay` and continues only when it succeeds. `fulfil` gives the messages
of the queue to the function `fulfilment` and removes those that it has finished.
"""

from __future__ import annotations

import functools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

from app.commerce.storage.attributes import dump, load
from app.contract.backoff import Backoff
from app.functions.catalog import handler as catalog_handler
from app.functions.catalog.routes import Catalog
from app.functions.fulfilment.handler import Consumer
from app.functions.fulfilment.queue import Queue
from app.functions.kit import aws
from app.functions.kit.api import Parts
from app.functions.kit.authorisation import Authorisation
from app.functions.kit.logs import Log
from app.functions.orders import handler as orders_handler
from app.functions.orders.routes import OrderDesk
from app.functions.relay.publishing import Publisher, read
from tests.support.faults import Faults
from tests.support.ministack import Emulated
from tests.support.services_fake import FakeServices

NO_PAUSES = Backoff(first=0.0)
SCOPES = "products:read staff:products:write orders:read orders:write"


@functools.cache
def _clients(emulated: Emulated) -> tuple[Any, ...]:
    """Returns the names of the tables, the bus, the queues and the streams."""
    own = (aws.client(service, emulated.environment) for service in ("dynamodb", "events"))
    return (*own, emulated.client("sqs"), emulated.client("dynamodbstreams"))


class Context:
    aws_request_id = "aws-1"

    def get_remaining_time_in_millis(self) -> int:
        return 28_000


def as_record(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a received message as the record that a function gets."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Shop:
    """A shop with tables, bus and queue of its own. `records` are those of the stream that have not been relayed."""

    emulated: Emulated
    services: FakeServices = field(default_factory=FakeServices)
    records: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        mark = uuid.uuid4().hex[:12]
        self.names = {name: f"{name}-{mark}" for name in ("products", "orders", "keys", "bus", "queue")}
        self.dynamodb, self.bus, self.sqs, self.streams = _clients(self.emulated)
        self._create_tables()
        self._create_queue()

    def request(
        self,
        route: str,
        body: object = None,
        *,
        subject: str = "alice",
        key: str | None = None,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        scope: str = SCOPES,
        groups: str = "[staff]",
        faults: Faults | None = None,
    ) -> Response:
        """Calls a function as the gateway does. `faults` may crash it."""
        all_headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {}) | (headers or {})
        event = {
            "version": "2.0",
            "routeKey": route,
            "headers": all_headers,
            "pathParameters": path,
            "queryStringParameters": query,
            "requestContext": {"authorizer": {"jwt": {"claims": {"sub": subject, "scope": scope, "groups": groups}}}},
            "isBase64Encoded": False,
            "body": json.dumps(body) if body is not None else None,
        }
        catalog = " /products" in route
        api, parts = (catalog_handler.API, self.catalog) if catalog else (orders_handler.API, self.desk)
        answer = api.handle(event, Context(), lambda: parts(faults))
        return Response(answer["statusCode"], answer["headers"], answer["body"])

    def catalog(self, faults: Faults | None = None) -> Parts:
        tables = {f"{name}_table": self.names[name] for name in ("products", "keys")}
        catalog = Catalog(client=self._client(faults), **tables)
        log = Log(service="catalog", level="INFO")
        return Parts(log=log, authorisation=Authorisation(), handlers=catalog.handlers())

    def desk(self, faults: Faults | None = None) -> Parts:
        tables = {f"{name}_table": self.names[name] for name in ("orders", "products", "keys")}
        desk = OrderDesk(client=self._client(faults), **tables)
        log = Log(service="orders", level="INFO")
        return Parts(log=log, authorisation=Authorisation(), handlers=desk.handlers())

    def product(self, stock: int = 20, price: str = "4.50", currency: str = "EUR") -> str:
        """Creates a product and returns its id."""
        body = {"name": "Notebook", "price": price, "currency": currency, "stock": stock}
        answer = self.request("POST /products", body)
        assert answer.status == 201, answer.text
        product_id: str = answer.json["id"]
        return product_id

    def order(self, lines: dict[str, int], **options: Any) -> Response:
        items = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines.items()]
        return self.request("POST /orders", {"items": items}, **options)

    def stock(self, product_id: str) -> tuple[int, int]:
        """Returns the number of items in stock and the number of reserved ones."""
        shown = self.request("GET /products/{productId}", path={"productId": product_id}).json
        return shown["stock"], shown["reserved"]

    def relay(self, faults: Faults | None = None) -> None:
        """Relays the new records of the stream to the bus. The records of a batch that fails come again."""
        self._read_stream()
        client = faults.client(self.bus) if faults else self.bus
        publisher = Publisher(client=client, bus=self.names["bus"], backoff=NO_PAUSES)
        published, unpublishable = read(self.records)
        assert unpublishable == []
        publisher.publish(published, deadline=time.monotonic() + 10)
        self.records.clear()

    def replay(self) -> None:
        """Publishes every event of the past to the bus once more."""
        events = [dump(item) for item in self.items("orders") if item["entry"] != "order"]
        published, _ = read({"eventName": "INSERT", "dynamodb": {"Keys": item, "NewImage": item}} for item in events)
        Publisher(client=self.bus, bus=self.names["bus"]).publish(published, deadline=time.monotonic() + 10)

    def fulfil(self, faults: Faults | None = None) -> list[dict[str, Any]]:
        """Processes one batch of the queue. Returns the messages that failed, which come again at once."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, VisibilityTimeout=60, AttributeNames=["All"]
        )
        messages = answer.get("Messages", [])
        failed = list(messages)
        consumer = self.consumer(faults)
        try:
            for message in messages:
                if consumer.consume(as_record(message), deadline=time.monotonic() + 20):
                    failed.remove(message)
                    self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        finally:
            for message in failed:
                self.postpone(message["ReceiptHandle"])
        return failed

    def postpone(self, receipt_handle: str, **_: object) -> None:
        """Does not postpone: tests do not wait."""
        self.sqs.change_message_visibility(QueueUrl=self.queue, ReceiptHandle=receipt_handle, VisibilityTimeout=0)

    def consumer(self, faults: Faults | None = None) -> Consumer:
        return Consumer(
            client=self._client(faults),
            orders_table=self.names["orders"],
            products_table=self.names["products"],
            send=faults.send(self.services.send) if faults else self.services.send,
            queue=cast("Queue", self),
            log=Log(service="fulfilment", level="INFO"),
        )

    def settle(self) -> None:
        """Relays and fulfils until nothing is on its way any more."""
        for _ in range(200):
            self.relay()
            if not self.waiting() and not self._read_stream():
                return
            self.fulfil()
        raise AssertionError("It never ends.")

    def waiting(self) -> int:
        """Returns the number of messages in the queue."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in counts.values())

    def items(self, name: str) -> list[dict[str, Any]]:
        """Returns all items of a table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.names[name])
        return [load(item) for page in pages for item in page["Items"]]

    def _client(self, faults: Faults | None) -> Any:
        return faults.client(self.dynamodb) if faults else self.dynamodb

    def _read_stream(self) -> int:
        answer = self.streams.get_records(ShardIterator=self._iterator, Limit=1000)
        self._iterator = answer["NextShardIterator"]
        self.records += answer["Records"]
        return len(answer["Records"])

    def _create_tables(self) -> None:
        create = self.dynamodb.create_table
        for name, key in (("products", "product_id"), ("keys", "id")):
            create(
                TableName=self.names[name],
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        names = ("order_id", "entry", "customer_id", "created_at")
        table = create(
            TableName=self.names["orders"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[
                {"AttributeName": "order_id", "KeyType": "HASH"},
                {"AttributeName": "entry", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_customer",
                    "KeySchema": [
                        {"AttributeName": "customer_id", "KeyType": "HASH"},
                        {"AttributeName": "created_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        stream = table["TableDescription"]["LatestStreamArn"]
        shard = self.streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
        self._iterator = self.streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def _create_queue(self) -> None:
        self.queue = self.sqs.create_queue(QueueName=self.names["queue"])["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.bus.create_event_bus(Name=self.names["bus"])
        self.bus.put_rule(
            Name=self.names["bus"],
            EventBusName=self.names["bus"],
            EventPattern=json.dumps({"source": ["crosscloud.orders"]}),
        )
        self.bus.put_targets(
            Rule=self.names["bus"], EventBusName=self.names["bus"], Targets=[{"Id": "queue", "Arn": arn}]
        )
