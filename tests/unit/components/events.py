"""A small program of the components for events, for their tests."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import Input

from components.aws import alarm_catalogue as watch
from components.aws.alarms import Alarms, AlarmsArgs
from components.aws.dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from components.aws.event_bus import EventBus, EventBusArgs
from components.aws.event_grants import ConsumeQueue, PutEvents, ReadStream, SendMessage
from components.aws.function import Function, FunctionArgs
from components.aws.grants import Grant
from components.aws.queue_source import QueueSource, QueueSourceArgs
from components.aws.resource_policy import Sender
from components.aws.stream_source import StreamSource, StreamSourceArgs
from components.aws.subscription import Subscription, SubscriptionArgs
from components.aws.table import Index, Key, Table, TableArgs
from components.aws.topic import Topic, TopicArgs
from components.settings.aws import FunctionSettings
from components.settings.checks import Circumstances
from tests.support.clouds import ACCOUNT
from tests.support.program import Declared, Program, run

TYPE = "order-placed"


@functools.cache
def program(*, protect: bool = False, preview: bool = False) -> Program:
    return run(lambda: declare("dist/orchestrator.zip", protect=protect), preview=preview)


def declare(code: str, *, protect: bool = False) -> None:
    table = Table(
        "orders",
        TableArgs(
            partition=Key(name="pk"),
            sort=Key(name="sk"),
            indexes={"by-customer": Index(partition=Key(name="customer"), sort=Key(name="placed_at", type="N"))},
            ttl="expires",
            stream=True,
            protect=protect,
        ),
    )
    bus = EventBus("events", EventBusArgs(description="What has happened", archive_days=14))
    undelivered = DeadLetterQueue("relay-dead-letters", DeadLetterQueueArgs())
    relay = function(
        "relay",
        ReadStream(table_arn=table.arn),
        SendMessage(queue_arn=undelivered.arn),
        PutEvents(bus_arn=bus.arn, source="orders", detail_types=[TYPE]),
        code=code,
        environment={"BUS": bus.bus_name},
    )
    StreamSource(
        "relay",
        StreamSourceArgs(
            table=table,
            function=relay,
            dead_letters=undelivered,
            filters=[{"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}}}],
        ),
    )
    placed = Subscription(
        "fulfilment", SubscriptionArgs(bus=bus, source="orders", detail_types=[TYPE], consumer_timeout=28)
    )
    fulfilment = function("fulfilment", ConsumeQueue(queue_arn=placed.queue.arn), code=code)
    QueueSource("fulfilment", QueueSourceArgs(queue=placed.queue, function=fulfilment, max_concurrency=4))
    Topic("notices", TopicArgs(account=ACCOUNT, protect=protect))
    alarms = Sender(service="cloudwatch.amazonaws.com", source_arn="arn:aws:cloudwatch:eu-central-1:1:alarm:*")
    told = Topic("operators", TopicArgs(account=ACCOUNT, protect=protect, senders=[alarms]))
    Alarms(
        "orders",
        AlarmsArgs(
            actions=[told.arn],
            alarms=[
                watch.dead_letters("fulfilment", placed.queue.dead_letters),
                watch.dead_letters("relay", undelivered),
                watch.queue_age("fulfilment", placed.queue, seconds=300),
                watch.iterator_age("relay", relay),
                *watch.function("relay", relay),
                *watch.rule("fulfilment", placed.rule),
                *watch.caller("fulfilment", ["billing"]),
                *watch.api("gateway", "a1b2c3d4e5"),
            ],
        ),
    )


def function(name: str, *grants: Grant, code: str, environment: Mapping[str, Input[str]] | None = None) -> Function:
    return Function(
        name,
        FunctionArgs(
            code=pulumi.FileArchive(code),
            handler=f"{name}.handler",
            description=name,
            environment=environment or {},
            settings=FunctionSettings.model_validate(
                {"reservedConcurrency": 10}, context=Circumstances(production=False, this_machine=False)
            ),
            grants=grants,
        ),
    )


def statements(policy: Declared) -> list[dict[str, Any]]:
    return list(json.loads(policy["policy"])["Statement"])
