"""A topic that tells people or other systems of something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.senders import Sender, policy


@dataclass(frozen=True, kw_only=True)
class TopicArgs:
    """`senders` are services that publish by themselves; roles do so by their own rights. `encrypted` uses SNS's own
    key, which serves the account's roles and not services: CloudWatch's alarms can't publish with it
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services).
    Each of `emails` gets a letter that asks to confirm, and then whatever is published."""

    senders: Sequence[Sender] = field(default_factory=tuple)
    encrypted: bool = True
    emails: Sequence[str] = field(default_factory=tuple)


class Topic(ComponentResource):
    """By TLS only."""

    arn: Output[str]

    def __init__(self, name: str, args: TopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Topic", name, {}, opts)
        own = ResourceOptions(parent=self)
        topic = aws.sns.Topic(name, kms_master_key_id="alias/aws/sns" if args.encrypted else None, opts=own)
        aws.sns.TopicPolicy(
            name, arn=topic.arn, policy=policy(topic.arn, action="sns:Publish", senders=args.senders), opts=own
        )
        for email in args.emails:
            aws.sns.TopicSubscription(f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=own)
        self.arn = topic.arn
        self.register_outputs({"topic": topic.arn})
