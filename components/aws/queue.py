"""A queue with a dead-letter queue of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from components.aws.resource_policy import Sender, policy

VISIBILITY_FACTOR = 6
"""The times that the function may take for which a message that is being worked on stays invisible, so that calls which
were throttled can be tried again
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""

RETENTION = 4 * 24 * 3600
"""Seconds for which messages are kept: for so long a consumer may be down."""


@dataclass(frozen=True, kw_only=True)
class QueueArgs:
    consumer_timeout: int
    """Seconds that the function which takes the messages has for a call."""
    batching_window: int = 0
    """Seconds that it waits for more messages."""
    max_receives: int = 5
    """Times that a message is received and not deleted before it goes to the dead-letter queue; AWS advises 5 at the
    least."""
    senders: Sequence[Sender] = field(default_factory=tuple)
    """Services that may put messages into the queue, and what they can't deliver into the dead-letter queue. Default:
    none."""


class Queue(ComponentResource):
    """A queue that is encrypted and takes messages by TLS only."""

    queue_name: Output[str]
    """The queue's name, by which its metrics are known."""
    url: Output[str]
    """The queue's URL, by which it is called."""
    arn: Output[str]
    """The queue's ARN."""
    dead_letters: DeadLetterQueue
    """The queue of the messages that were given up. Nothing but this queue may redrive to it."""

    def __init__(self, name: str, args: QueueArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Queue", name, {}, opts)
        own = ResourceOptions(parent=self)
        self.dead_letters = DeadLetterQueue(
            f"{name}-dead-letters", DeadLetterQueueArgs(senders=args.senders), ResourceOptions(parent=self)
        )
        redrive = {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": args.max_receives}
        queue = aws.sqs.Queue(
            name,
            visibility_timeout_seconds=VISIBILITY_FACTOR * args.consumer_timeout + args.batching_window,
            message_retention_seconds=RETENTION,
            sqs_managed_sse_enabled=True,
            redrive_policy=Output.json_dumps(redrive),
            opts=own,
        )
        aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=policy(queue.arn, action="sqs:SendMessage", senders=args.senders),
            opts=own,
        )
        aws.sqs.RedriveAllowPolicy(
            name,
            queue_url=self.dead_letters.url,
            redrive_allow_policy=Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]},
            ),
            opts=own,
        )
        self.queue_name, self.url, self.arn = queue.name, queue.url, queue.arn
        self.register_outputs({"queue": queue.name, "dead_letter_queue": self.dead_letters.queue_name})
