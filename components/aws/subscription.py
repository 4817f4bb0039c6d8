"""The events of a bus that one consumer is interested in, in a queue of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.event_bus import NO_REBUILD, EventBus, ReplayNames, RuleName
from components.aws.queue import Queue, QueueArgs
from components.aws.resource_policy import Sender

RETRY_SECONDS = 24 * 3600
"""Seconds for which EventBridge tries to deliver an event, its maximum."""
RETRIES = 185
"""Times that it tries, its maximum; then the event goes to the dead-letter queue
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html)."""


@dataclass(frozen=True, kw_only=True)
class SubscriptionArgs:
    bus: EventBus
    """The bus that the events come by."""
    source: str
    """The source of the events."""
    detail_types: Sequence[str]
    """The types of the events."""
    consumer_timeout: int
    """Seconds that the function which takes the events has for a call."""
    replays: ReplayNames = NO_REBUILD
    """The replays whose events it takes."""
    batching_window: int = 0
    """Seconds that it waits for more events."""
    max_receives: int = 5
    """Times that an event is received and not deleted before it goes to the dead-letter queue."""


class Subscription(ComponentResource):
    """A rule of the bus, and the queue that it delivers to.

    What could not be delivered and what could not be worked on lie in the same dead-letter queue: both are the event as
    it was sent, so that either is redriven to the queue.
    """

    queue: Queue
    """The consumer's queue."""
    rule: RuleName
    """The rule, by which its metrics are known."""
    rule_arn: Output[str]
    """The rule's ARN, which a replay names that is meant for this consumer alone."""

    def __init__(self, name: str, args: SubscriptionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Subscription", name, {}, opts)
        own = ResourceOptions(parent=self)
        pattern = {
            "source": [args.source],
            "detail-type": list(args.detail_types),
            "replay-name": args.replays,
        }
        rule = aws.cloudwatch.EventRule(
            name, event_bus_name=args.bus.bus_name, event_pattern=Output.json_dumps(pattern), opts=own
        )
        self.queue = Queue(
            name,
            QueueArgs(
                consumer_timeout=args.consumer_timeout,
                batching_window=args.batching_window,
                max_receives=args.max_receives,
                # Without a policy on both queues EventBridge drops events and says nothing.
                senders=[Sender(service="events.amazonaws.com", source_arn=rule.arn)],
            ),
            ResourceOptions(parent=self),
        )
        aws.cloudwatch.EventTarget(
            name,
            event_bus_name=args.bus.bus_name,
            rule=rule.name,
            arn=self.queue.arn,
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=RETRY_SECONDS, maximum_retry_attempts=RETRIES
            ),
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=self.queue.dead_letters.arn),
            # Events are not to come before the queue lets them in.
            opts=ResourceOptions(parent=self, depends_on=[self.queue]),
        )
        self.rule, self.rule_arn = RuleName(bus=args.bus.bus_name, rule=rule.name), rule.arn
        self.register_outputs({"rule": rule.name, "queue": self.queue.queue_name})
