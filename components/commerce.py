"""Products and orders: functions on tables, and what becomes of an order after its caller has been answered.

catalog, orders -> tables -> (stream) relay -> bus -> queue -> fulfilment -> billing, analytics
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Output, ResourceOptions

from app.contract.batches import events_within
from app.contract.events.types import CONFIRMED, SOURCE, TYPES
from app.contract.reading import Contract
from components.aws.account import account_id
from components.aws.client_secret import ClientSecret, ClientSecretArgs
from components.aws.dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from components.aws.event_bus import ONLY_REBUILD, EventBus, EventBusArgs, RuleName
from components.aws.event_topic import Notices, NoticesArgs
from components.aws.function import Function
from components.aws.queue import Queue
from components.aws.queue_source import QueueSource, QueueSourceArgs
from components.aws.shared import Shared
from components.aws.stream_source import StreamSource, StreamSourceArgs
from components.aws.subscription import Subscription, SubscriptionArgs
from components.aws.table import Index, Key, Table, TableArgs
from components.commerce_functions import BY_CUSTOMER, CommerceFunctions
from components.feature_tag import feature
from components.identity import Identity
from components.ingress import Ingress
from components.settings.aws import CommerceSettings

NOTICES = tuple(type_ for type_ in TYPES if type_ != CONFIRMED)
"""The events that customers are told of; that an order is confirmed is a step between."""
INSERTED_EVENTS = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"entry": {"S": [{"prefix": "event#"}]}}},
}
"""The filter of the stream: an order's events are items of their own, which are written once."""


@dataclass(frozen=True, kw_only=True)
class CommerceArgs:
    contract: Contract
    """The operations of the functions, by whose ids they may keep Idempotency-Keys."""
    ingress: Ingress
    """The way by which fulfilment calls the services."""
    identity: Identity
    """The issuer of the callers' tokens, which says how these name scopes."""
    shared: Shared
    """The key that encrypts what is stored, and the collector that gets the spans."""
    settings: CommerceSettings
    """Size and limits of the functions, times and tries of events: the groups `functions` and `events` of the stack's
    file."""
    protect: bool
    """True if an engine refuses to delete or replace the tables and the key of the topic."""


class Commerce(ComponentResource):
    """The functions of products and orders, their tables, and the way of their events."""

    functions: Mapping[str, Function]
    """The functions that the gateway calls, by name."""
    workers: Mapping[str, Function]
    """The functions that events call, by name."""
    services = ("analytics", "billing")
    """The services that fulfilment calls."""
    queue: Queue
    """The queue of the events that fulfilment works on."""
    rebuild: Queue
    """The queue of archived events from which a person's command rebuilds analytics' counts."""
    dead_letters: Mapping[str, DeadLetterQueue]
    """The queues of what was given up, by what gave it up."""
    rules: Mapping[str, RuleName]
    """The rules of the bus, by the name of what they deliver to."""
    tables: Mapping[str, Table]
    """The tables, by name."""
    events: Mapping[str, Any]
    """The values that operators of the events need (`./crosscloud events`): the bus, its archive and its rules,
    the mappings of the functions that events call, and each dead-letter queue with the place that its messages go back
    to."""

    def __init__(self, name: str, args: CommerceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Commerce", name, {}, feature("commerce", opts))
        own, functions_settings, events = ResourceOptions(parent=self), args.settings.functions, args.settings.events
        upstream = args.ingress.callers["fulfilment"]
        self.tables = _tables(args, own)
        bus = EventBus(
            "orders", EventBusArgs(description="What happens to orders", archive_days=events.archive_days), own
        )
        subscription = Subscription(
            "fulfilment",
            SubscriptionArgs(
                bus=bus,
                source=SOURCE,
                detail_types=TYPES,
                consumer_timeout=functions_settings.fulfilment.timeout,
                max_receives=events.max_receives,
            ),
            own,
        )
        rebuild = Subscription(
            "rebuild",
            SubscriptionArgs(
                bus=bus,
                source=SOURCE,
                detail_types=TYPES,
                replays=ONLY_REBUILD,
                consumer_timeout=functions_settings.fulfilment.timeout,
            ),
            own,
        )
        notices = Notices(
            "order-notices",
            NoticesArgs(account=account_id(), protect=args.protect, bus=bus, source=SOURCE, detail_types=NOTICES),
            own,
        )
        relay_letters = DeadLetterQueue("relay-dead-letters", DeadLetterQueueArgs(), own)
        client = ClientSecret(
            "fulfilment",
            ClientSecretArgs(caller="fulfilment", upstream=upstream, key_arn=args.shared.key_arn),
            own,
        )
        functions = CommerceFunctions(
            contract=args.contract,
            tokens=args.identity.environment,
            key_arn=args.shared.key_arn,
            collector=args.shared.collector,
            settings=functions_settings,
            opts=own,
            **self.tables,
        )
        relay = functions.relay(bus, relay_letters)
        stream = StreamSource(
            "relay",
            StreamSourceArgs(
                table=self.tables["orders"], function=relay, dead_letters=relay_letters, filters=[INSERTED_EVENTS]
            ),
            own,
        )
        self.queue, self.rebuild = subscription.queue, rebuild.queue
        fulfilment = functions.fulfilment(self.queue, upstream_url=upstream.url, secret_arn=client.secret_arn)
        source = QueueSource(
            "fulfilment",
            QueueSourceArgs(
                queue=self.queue,
                function=fulfilment,
                max_concurrency=events.max_concurrency,
                batch_size=events_within(functions_settings.fulfilment.timeout),
            ),
            own,
        )
        self.functions = {"catalog": functions.catalog(), "orders": functions.taking_orders()}
        self.workers = {"relay": relay, "fulfilment": fulfilment}
        self.dead_letters = {
            "fulfilment": self.queue.dead_letters,
            "rebuild": self.rebuild.dead_letters,
            "relay": relay_letters,
            "order-notices": notices.dead_letters,
        }
        self.events = {
            "bus": bus.arn,
            "archive": bus.archive_arn,
            "rules": {"fulfilment": subscription.rule_arn, "order-notices": notices.rule_arn},
            "mappings": {"relay": stream.mapping_id, "fulfilment": source.mapping_id},
            "rebuild": {
                "queue": self.rebuild.url,
                "function": Output.concat(fulfilment.function_name, ":", fulfilment.alias),
            },
            "outbox": {"table": self.tables["orders"].table_name, "filter": INSERTED_EVENTS},
            "dead_letters": {
                "fulfilment": {
                    "url": self.queue.dead_letters.url,
                    "queue": self.queue.url,
                    "log_group": fulfilment.log_group,
                },
                "rebuild": {"url": self.rebuild.dead_letters.url, "queue": self.rebuild.url},
                "relay": {"url": relay_letters.url, "function": Output.concat(relay.function_name, ":", relay.alias)},
                "order-notices": {"url": notices.dead_letters.url, "topic": notices.topic_arn},
            },
        }
        self.rules = {"fulfilment": subscription.rule, "rebuild": rebuild.rule, "order-notices": notices.rule}
        self.register_outputs({"bus": bus.bus_name, "queue": self.queue.url})


def _tables(args: CommerceArgs, opts: ResourceOptions) -> dict[str, Table]:
    """Declares the tables, whose keys are those that `app.commerce.storage` writes."""
    by_customer = Index(partition=Key(name="customer_id"), sort=Key(name="created_at"))
    arguments = {
        "products": TableArgs(partition=Key(name="product_id"), key_arn=args.shared.key_arn, protect=args.protect),
        "orders": TableArgs(
            partition=Key(name="order_id"),
            sort=Key(name="entry"),
            indexes={BY_CUSTOMER: by_customer},
            stream=True,
            key_arn=args.shared.key_arn,
            protect=args.protect,
        ),
        "idempotency": TableArgs(
            partition=Key(name="id"), ttl="expires_at", key_arn=args.shared.key_arn, protect=args.protect
        ),
    }
    return {name: Table(name, table, opts) for name, table in arguments.items()}
