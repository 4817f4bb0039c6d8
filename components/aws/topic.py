"""A topic that tells people or other systems of something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.encryption_key import administration
from components.aws.resource_policy import Sender, policy


@dataclass(frozen=True, kw_only=True)
class TopicArgs:
    account: str
    """The AWS account that administers the topic's key."""
    protect: bool
    """True if an engine refuses to delete or replace the topic's key."""
    senders: Sequence[Sender] = field(default_factory=tuple)
    """Services of AWS that publish by themselves; roles do so by their own rights. Default: none."""
    emails: Sequence[str] = field(default_factory=tuple)
    """Addresses that get whatever is published, once they have confirmed. Default: none."""


class Topic(ComponentResource):
    """A topic that is encrypted and takes messages by TLS only.

    With senders it has a key of its own: the key of SNS serves the account's roles and no services
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services).
    """

    arn: Output[str]
    """The topic's ARN."""

    def __init__(self, name: str, args: TopicArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Topic", name, {}, opts)
        own = ResourceOptions(parent=self)
        key = _key(name, args, own).arn if args.senders else "alias/aws/sns"
        topic = aws.sns.Topic(name, kms_master_key_id=key, opts=own)
        aws.sns.TopicPolicy(
            name, arn=topic.arn, policy=policy(topic.arn, action="sns:Publish", senders=args.senders), opts=own
        )
        for email in args.emails:
            aws.sns.TopicSubscription(f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=own)
        self.arn = topic.arn
        self.register_outputs({"topic": topic.arn})


def _key(name: str, args: TopicArgs, own: ResourceOptions) -> aws.kms.Key:
    """Declares a key that the senders alone use."""
    senders = [
        {
            "Effect": "Allow",
            "Principal": {"Service": sender.service},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:SourceArn": sender.source_arn}},
        }
        for sender in args.senders
    ]
    return aws.kms.Key(
        name,
        description=f"Messages of the topic {name}",
        enable_key_rotation=True,
        policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [administration(args.account), *senders]}),
        opts=ResourceOptions.merge(own, ResourceOptions(protect=args.protect)),
    )
