"""A topic that publishes events of a bus, for whoever subscribes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.dead_letter_queue import DeadLetterQueue, DeadLetterQueueArgs
from components.aws.event_bus import NO_REBUILD, EventBus, RuleName
from components.aws.event_grants import Publish
from components.aws.grants import policy
from components.aws.resource_policy import Sender
from components.aws.subscription import RETRIES, RETRY_SECONDS
from components.aws.topic import Topic, TopicArgs


@dataclass(frozen=True, kw_only=True)
class NoticesArgs:
    account: str
    """The AWS account that administers the topic's key."""
    protect: bool
    """True if an engine refuses to delete or replace the topic's key."""
    bus: EventBus
    """The bus that the events come by."""
    source: str
    """The source of the events that are published."""
    detail_types: Sequence[str]
    """The types of the events that are published."""


class Notices(ComponentResource):
    """A topic to which EventBridge publishes in a role of the rule's own.

    A topic's policy could not say which rule may publish, since it takes no conditions for EventBridge, and the service
    itself could not use the key of SNS
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
    """

    topic_arn: Output[str]
    """The topic's ARN."""
    rule_arn: Output[str]
    """The rule's ARN, which a replay names that is meant for the topic alone."""
    rule: RuleName
    """The rule, by which its metrics are known."""
    dead_letters: DeadLetterQueue
    """The events that could not be published for a day, as the rule would have published them."""

    def __init__(self, name: str, args: NoticesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Notices", name, {}, opts)
        own = ResourceOptions(parent=self)
        topic = Topic(name, TopicArgs(account=args.account, protect=args.protect), own)
        pattern = {
            "source": [args.source],
            "detail-type": list(args.detail_types),
            "replay-name": NO_REBUILD,
        }
        rule = aws.cloudwatch.EventRule(
            name, event_bus_name=args.bus.bus_name, event_pattern=Output.json_dumps(pattern), opts=own
        )
        role = aws.iam.Role(name, assume_role_policy=Output.json_dumps(_assumed_for(rule.arn)), opts=own)
        rights = aws.iam.RolePolicy(name, role=role.name, policy=policy([Publish(topic_arn=topic.arn)]), opts=own)
        # EventBridge refuses a target whose role IAM does not know yet ("cannot be assumed by principal"), and the
        # provider does not try again. The target waits for this queue's policy, which the provider reads for half a
        # minute before it is done (waitQueueAttributesPropagated in
        # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/sqs/queue.go). So the policy
        # comes after the role and its rights.
        source_arn = Output.all(rule.arn, rights.id).apply(lambda known: str(known[0]))
        senders = [Sender(service="events.amazonaws.com", source_arn=source_arn)]
        self.dead_letters = DeadLetterQueue(f"{name}-dead-letters", DeadLetterQueueArgs(senders=senders), own)
        aws.cloudwatch.EventTarget(
            name,
            event_bus_name=args.bus.bus_name,
            rule=rule.name,
            arn=topic.arn,
            role_arn=role.arn,
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=RETRY_SECONDS, maximum_retry_attempts=RETRIES
            ),
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=self.dead_letters.arn),
            opts=ResourceOptions(parent=self, depends_on=[rights, self.dead_letters]),
        )
        self.topic_arn, self.rule_arn = topic.arn, rule.arn
        self.rule = RuleName(bus=args.bus.bus_name, rule=rule.name)
        self.register_outputs({"topic": topic.arn, "rule": rule.name})


def _assumed_for(rule_arn: Output[str]) -> dict[str, object]:
    """Returns who may assume the role: EventBridge, for this rule.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
