"""Products and orders: functions on tables, and what becomes of an order after its caller has been answered.

catalog, orders -> tables -> (stream) relay -> bus -> queue -> fulfilment -> billing, analytics
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions

from components.aws.account import account_id
from components.aws.bundle import bundle
from components.aws.client_secret import ClientSecret, ClientSecretArgs
from components.aws.dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from components.aws.event_bus import EventBus, EventBusArgs
from components.aws.event_grants import (
    BatchGetItem,
    ConsumeQueue,
    DeleteItem,
    GetItem,
    PostponeMessage,
    PutEvents,
    PutItem,
    Query,
    ReadStream,
    Scan,
    SendMessage,
    UpdateItem,
)
from components.aws.event_topic import Notices, NoticesArgs
from components.aws.function import RUNTIME, Function, FunctionArgs
from components.aws.grants import Grant, ReadSecret
from components.aws.queue import Queue
from components.aws.queue_source import QueueSource, QueueSourceArgs
from components.aws.stream_source import StreamSource, StreamSourceArgs
from components.aws.subscription import Subscription, SubscriptionArgs
from components.aws.table import Index, Key, Table, TableArgs
from components.encryption_key import EncryptionKey, reading, writing
from components.feature_tag import feature
from components.identity import Identity
from components.ingress import Ingress
from components.settings.aws import EventsSettings, FunctionSettings, FunctionsSettings

SOURCE = "crosscloud.orders"
EVENTS = ("order.placed", "order.confirmed", "order.invoiced", "order.cancelled", "order.failed")
"""What `app/contract/events` describes."""
TOLD = ("order.placed", "order.invoiced", "order.cancelled", "order.failed")
"""What customers are told; that an order is confirmed is a step between."""
BY_CUSTOMER = "by_customer"
INSERTED_EVENTS = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"entry": {"S": [{"prefix": "event#"}]}}},
}
"""Of the stream: an order's events are items of their own, which are written once."""


@dataclass(frozen=True, kw_only=True)
class CommerceArgs:
    """Fulfilment calls the `ingress` with a certificate of its own. `key` encrypts the tables and that certificate;
    without it keys of AWS do. With `protect` nobody deletes or replaces the tables by mistake."""

    ingress: Ingress
    identity: Identity
    key: EncryptionKey | None
    functions: FunctionsSettings
    events: EventsSettings
    protect: bool


class Commerce(ComponentResource):
    functions: Mapping[str, Function]
    """Those that the gateway calls."""
    workers: Mapping[str, Function]
    """Those that events call."""
    services = ("analytics", "billing")
    """What fulfilment calls."""
    queue: Queue
    """Of the events that fulfilment works on."""
    dead_letters: Mapping[str, DeadLetterQueue]
    """By what could not work on them, or be told of them."""
    tables: Mapping[str, Table]

    def __init__(self, name: str, args: CommerceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Commerce", name, {}, feature("commerce", opts))
        self._args, self._own = args, ResourceOptions(parent=self)
        self._tables()
        bus = EventBus(
            "orders",
            EventBusArgs(description="What happens to orders", archive_days=args.events.archive_days),
            self._own,
        )
        subscription = Subscription(
            "fulfilment",
            SubscriptionArgs(
                bus=bus,
                source=SOURCE,
                detail_types=EVENTS,
                consumer_timeout=args.functions.fulfilment.timeout,
                max_receives=args.events.max_receives,
            ),
            self._own,
        )
        notices = Notices(
            "order-notices",
            NoticesArgs(account=account_id(), protect=args.protect, bus=bus, source=SOURCE, detail_types=TOLD),
            self._own,
        )
        aside = DeadLetterQueue("relay-dead-letters", DeadLetterQueueArgs(), self._own)
        self.functions = {"catalog": self._catalog(), "orders": self._taking_orders()}
        self.workers = {"relay": self._relay(bus, aside), "fulfilment": self._fulfilment(subscription.queue)}
        self.queue = subscription.queue
        self.dead_letters = {
            "fulfilment": subscription.queue.dead_letters,
            "relay": aside,
            "order-notices": notices.dead_letters,
        }
        self.tables = {"products": self._products, "orders": self._orders, "idempotency": self._idempotency}
        self.register_outputs({"bus": bus.bus_name, "queue": self.queue.url})

    def _tables(self) -> None:
        protect, key = self._args.protect, self._args.key
        key_arn = key.arn if key else None
        self._products = Table(
            "products", TableArgs(partition=Key(name="product_id"), key_arn=key_arn, protect=protect), self._own
        )
        self._orders = Table(
            "orders",
            TableArgs(
                partition=Key(name="order_id"),
                sort=Key(name="entry"),
                indexes={BY_CUSTOMER: Index(partition=Key(name="customer_id"), sort=Key(name="created_at"))},
                stream=True,
                key_arn=key_arn,
                protect=protect,
            ),
            self._own,
        )
        self._idempotency = Table(
            "idempotency",
            TableArgs(partition=Key(name="id"), ttl="expires_at", key_arn=key_arn, protect=protect),
            self._own,
        )

    def _catalog(self) -> Function:
        products, keys = self._products.arn, ["createProduct#*", "changeStock#*"]
        return self._function(
            "catalog",
            "Products and their stock",
            self._args.functions.catalog,
            environment={
                "PRODUCTS_TABLE": self._products.table_name,
                "IDEMPOTENCY_TABLE": self._idempotency.table_name,
                **self._of_callers(),
            },
            grants=[
                GetItem(table_arn=products),
                Scan(table_arn=products),
                PutItem(table_arn=products),
                UpdateItem(table_arn=products),
                DeleteItem(table_arn=products),
                GetItem(table_arn=self._idempotency.arn, leading_keys=keys),
                PutItem(table_arn=self._idempotency.arn, leading_keys=keys),
                *writing(self._args.key, "dynamodb"),
                *self._reading_api_keys(),
            ],
        )

    def _taking_orders(self) -> Function:
        orders, keys = self._orders.arn, ["createOrder#*"]
        return self._function(
            "orders",
            "Takes orders, shows and cancels them",
            self._args.functions.orders,
            environment={
                "ORDERS_TABLE": self._orders.table_name,
                "PRODUCTS_TABLE": self._products.table_name,
                "IDEMPOTENCY_TABLE": self._idempotency.table_name,
                **self._of_callers(),
            },
            grants=[
                GetItem(table_arn=orders),
                PutItem(table_arn=orders),
                Query(table_arn=orders),
                Query(table_arn=orders, index=BY_CUSTOMER),
                BatchGetItem(table_arn=self._products.arn),
                UpdateItem(table_arn=self._products.arn),
                GetItem(table_arn=self._idempotency.arn, leading_keys=keys),
                PutItem(table_arn=self._idempotency.arn, leading_keys=keys),
                *writing(self._args.key, "dynamodb"),
                *self._reading_api_keys(),
            ],
        )

    def _of_callers(self) -> Mapping[str, Input[str]]:
        """Returns the variables by which a function knows what it may demand of its callers, and which traces it
        records: the same as the orchestrator's."""
        return {
            "SCOPE_PREFIX": self._args.identity.scope_prefix,
            **self._args.functions.orchestrator.environment,
        }

    def _reading_api_keys(self) -> list[Grant]:
        """Returns the rights to read the secret with the callers' API keys, where the settings name one."""
        secrets: list[Grant] = [ReadSecret(secret_arn=arn) for arn in self._args.functions.orchestrator.secret_arns]
        return [*secrets, *reading(self._args.key, "secretsmanager")] if secrets else []

    def _relay(self, bus: EventBus, aside: DeadLetterQueue) -> Function:
        relay = self._function(
            "relay",
            "Sends the orders' events to the bus",
            self._args.functions.relay,
            environment={"EVENT_BUS": bus.bus_name, "DEAD_LETTER_QUEUE_URL": aside.url},
            grants=[
                ReadStream(table_arn=self._orders.arn),
                PutEvents(bus_arn=bus.arn, source=SOURCE, detail_types=EVENTS),
                SendMessage(queue_arn=aside.arn),
                *reading(self._args.key, "dynamodb"),
            ],
        )
        StreamSource(
            "relay",
            StreamSourceArgs(table=self._orders, function=relay, dead_letters=aside, filters=[INSERTED_EVENTS]),
            self._own,
        )
        return relay

    def _fulfilment(self, queue: Queue) -> Function:
        args = self._args
        client = ClientSecret(
            "fulfilment",
            ClientSecretArgs(certificates=args.ingress.certificates, caller="fulfilment", key=args.key),
            self._own,
        )
        fulfilment = self._function(
            "fulfilment",
            "Invoices orders and counts what happens to them",
            args.functions.fulfilment,
            environment={
                "ORDERS_TABLE": self._orders.table_name,
                "PRODUCTS_TABLE": self._products.table_name,
                "QUEUE_URL": queue.url,
                "UPSTREAM_URL": args.ingress.url,
                "UPSTREAM_TLS_SECRET_ARN": client.secret_arn,
            },
            grants=[
                GetItem(table_arn=self._orders.arn),
                PutItem(table_arn=self._orders.arn),
                UpdateItem(table_arn=self._products.arn),
                ConsumeQueue(queue_arn=queue.arn),
                PostponeMessage(queue_arn=queue.arn),
                ReadSecret(secret_arn=client.secret_arn),
                *writing(args.key, "dynamodb"),
                *reading(args.key, "secretsmanager"),
            ],
        )
        QueueSource(
            "fulfilment",
            QueueSourceArgs(queue=queue, function=fulfilment, max_concurrency=args.events.max_concurrency),
            self._own,
        )
        return fulfilment

    def _function(
        self,
        name: str,
        description: str,
        settings: FunctionSettings,
        *,
        environment: Mapping[str, Input[str]],
        grants: Sequence[Grant],
    ) -> Function:
        return Function(
            name,
            FunctionArgs(
                description=description,
                code=bundle(name, f"app.functions.{name}.handler", RUNTIME),
                handler=f"app.functions.{name}.handler.handler",
                environment=environment,
                grants=grants,
                settings=settings,
            ),
            self._own,
        )
