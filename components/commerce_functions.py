"""The functions of commerce: what each is given, and exactly what each may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input, ResourceOptions

from app.contract.events.types import SOURCE, TYPES
from app.contract.reading import Contract
from components.aws.bundle import bundle
from components.aws.collector import CollectorAccess
from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.encryption_key import reading, writing
from components.aws.event_bus import EventBus
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
from components.aws.function import RUNTIME, Function, FunctionArgs
from components.aws.grants import Grant, ReadSecret
from components.aws.queue import Queue
from components.aws.table import Table
from components.settings.aws import FunctionSettings, FunctionsSettings

BY_CUSTOMER = "by_customer"
"""The index of the orders' table by which a customer's orders are listed."""


@dataclass(frozen=True, kw_only=True)
class CommerceFunctions:
    """Declares the functions, which share their tables and the key that encrypts these."""

    contract: Contract
    """The operations of the functions."""
    tokens: Mapping[str, str]
    """The variables by which a function understands the callers' tokens."""
    key_arn: Input[str] | None
    """The KMS key of the tables. Default: the one of DynamoDB."""
    collector: CollectorAccess
    """The collector that gets their spans."""
    settings: FunctionsSettings
    """Size and limits of each."""
    opts: ResourceOptions
    """The options of each."""
    products: Table
    """Products and their stock."""
    orders: Table
    """Orders and their events."""
    idempotency: Table
    """The answers to requests with an Idempotency-Key."""

    def catalog(self) -> Function:
        """Declares the function of products, which reads and writes their table."""
        products = self.products.arn
        return self._function(
            "catalog",
            "Products and their stock",
            self.settings.catalog,
            environment={
                "PRODUCTS_TABLE": self.products.table_name,
                "IDEMPOTENCY_TABLE": self.idempotency.table_name,
                **self._caller_checks(),
            },
            grants=[
                GetItem(table_arn=products),
                Scan(table_arn=products),
                PutItem(table_arn=products),
                UpdateItem(table_arn=products),
                DeleteItem(table_arn=products),
                *self._idempotency_keys("catalog"),
                *writing(self.key_arn, "dynamodb"),
                *self._api_keys(),
            ],
        )

    def taking_orders(self) -> Function:
        """Declares the function of orders, which takes their items from the stock of products."""
        orders, products = self.orders.arn, self.products.arn
        return self._function(
            "orders",
            "Takes orders, shows and cancels them",
            self.settings.orders,
            environment={
                "ORDERS_TABLE": self.orders.table_name,
                "PRODUCTS_TABLE": self.products.table_name,
                "IDEMPOTENCY_TABLE": self.idempotency.table_name,
                **self._caller_checks(),
            },
            grants=[
                GetItem(table_arn=orders),
                PutItem(table_arn=orders),
                Query(table_arn=orders),
                Query(table_arn=orders, index=BY_CUSTOMER),
                BatchGetItem(table_arn=products),
                UpdateItem(table_arn=products),
                *self._idempotency_keys("orders"),
                *writing(self.key_arn, "dynamodb"),
                *self._api_keys(),
            ],
        )

    def relay(self, bus: EventBus, dead_letters: DeadLetterQueue) -> Function:
        """Declares the function that sends the orders' events from their table to the bus."""
        return self._function(
            "relay",
            "Sends the orders' events to the bus",
            self.settings.relay,
            environment={"EVENT_BUS": bus.bus_name, "DEAD_LETTER_QUEUE_URL": dead_letters.url},
            grants=[
                ReadStream(table_arn=self.orders.arn),
                PutEvents(bus_arn=bus.arn, source=SOURCE, detail_types=TYPES),
                SendMessage(queue_arn=dead_letters.arn),
                *reading(self.key_arn, "dynamodb"),
            ],
        )

    def fulfilment(self, queue: Queue, *, upstream_url: str, secret_arn: Input[str]) -> Function:
        """Declares the function that works on the events in the queue, with the services' help.

        `secret_arn` is the secret with the certificate by which it calls them.
        """
        orders = self.orders.arn
        return self._function(
            "fulfilment",
            "Invoices orders and counts what happens to them",
            self.settings.fulfilment,
            environment={
                "ORDERS_TABLE": self.orders.table_name,
                "PRODUCTS_TABLE": self.products.table_name,
                "QUEUE_URL": queue.url,
                "UPSTREAM_URL": upstream_url,
                "UPSTREAM_TLS_SECRET_ARN": secret_arn,
            },
            grants=[
                GetItem(table_arn=orders),
                PutItem(table_arn=orders),
                UpdateItem(table_arn=self.products.arn),
                ConsumeQueue(queue_arn=queue.arn),
                PostponeMessage(queue_arn=queue.arn),
                ReadSecret(secret_arn=secret_arn),
                *writing(self.key_arn, "dynamodb"),
                *reading(self.key_arn, "secretsmanager"),
            ],
        )

    def _caller_checks(self) -> Mapping[str, Input[str]]:
        """Returns the variables that say what a function demands of its callers, and which traces it records.

        They are the orchestrator's.
        """
        return {**self.tokens, **self.settings.orchestrator.environment}

    def _api_keys(self) -> list[Grant]:
        """Lets a function read the secret with the callers' API keys, where the settings name one."""
        secrets: list[Grant] = [ReadSecret(secret_arn=arn) for arn in self.settings.orchestrator.secret_arns]
        return [*secrets, *reading(self.key_arn, "secretsmanager")] if secrets else []

    def _idempotency_keys(self, function: str) -> list[Grant]:
        """Lets a function read and write the keys of its own operations: their ids begin with the operation's."""
        leading_keys = [f"{operation_id}#*" for operation_id in self.contract.idempotent(function)]
        table_arn = self.idempotency.arn
        return [kind(table_arn=table_arn, leading_keys=leading_keys) for kind in (GetItem, PutItem)]

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
                environment={**environment, **self.collector.environment},
                grants=[*grants, *self.collector.grants],
                settings=settings,
            ),
            self.opts,
        )
