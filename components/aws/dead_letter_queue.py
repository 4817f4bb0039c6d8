"""A queue for what could not be worked on or delivered, until a person has looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.resource_policy import Sender, policy

RETENTION = 14 * 24 * 3600
"""Seconds for which messages are kept; SQS's maximum
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html)."""


@dataclass(frozen=True, kw_only=True)
class DeadLetterQueueArgs:
    senders: Sequence[Sender] = field(default_factory=tuple)
    """Services that put here what they could not deliver. The queues whose dead-letter queue it is need no mention.
    Default: none."""


class DeadLetterQueue(ComponentResource):
    """A queue that is encrypted and takes messages by TLS only."""

    queue_name: Output[str]
    """The queue's name, by which its metrics are known."""
    url: Output[str]
    """The queue's URL, by which it is called."""
    arn: Output[str]
    """The queue's ARN."""

    def __init__(self, name: str, args: DeadLetterQueueArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:DeadLetterQueue", name, {}, opts)
        own = ResourceOptions(parent=self)
        queue = aws.sqs.Queue(name, message_retention_seconds=RETENTION, sqs_managed_sse_enabled=True, opts=own)
        aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=policy(queue.arn, action="sqs:SendMessage", senders=args.senders),
            opts=own,
        )
        self.queue_name, self.url, self.arn = queue.name, queue.url, queue.arn
        self.register_outputs({"queue": queue.name})
