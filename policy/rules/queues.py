"""Rules of queues and topics: encrypted, and with a place for what can't be handled."""

from __future__ import annotations

import json
from collections.abc import Iterator

from policy.rule import COMPUTED, Finding, Resource, Rule, Stack, at, given, items

_QUEUE = "aws:sqs/queue:Queue"
_TOPIC = "aws:sns/topic:Topic"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_KEY_OF_AWS = "alias/aws/sns"
_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_DEVELOPERS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide"


def queues_are_encrypted(queue: Resource) -> Iterator[Finding]:
    if queue.get("sqsManagedSseEnabled") is not True and not queue.get("kmsMasterKeyId"):
        yield Finding(
            property="sqsManagedSseEnabled",
            allowed="be true, or kmsMasterKeyId be given",
            given=queue.get("sqsManagedSseEnabled"),
            do="Set one of them.",
        )


def messages_travel_encrypted(policy: Resource) -> Iterator[Finding]:
    document = policy.get("policy", COMPUTED)
    statements = () if document == COMPUTED else items(json.loads(document).get("Statement"))
    refused = {
        at(statement, "Condition.Bool", {}).get("aws:SecureTransport")
        for statement in statements
        if statement.get("Effect") == "Deny" and statement.get("Principal") in ("*", {"AWS": "*"})
    }
    if document != COMPUTED and "false" not in refused:
        yield Finding(
            property="policy",
            allowed="deny all requests without TLS (aws:SecureTransport false)",
            given=f"{len(statements)} statements without it",
            do="Add the statement (components/aws/queue.py, topic.py): the endpoints take plain HTTP too.",
        )


def topics_are_encrypted(topic: Resource) -> Iterator[Finding]:
    yield from given(
        topic, "kmsMasterKeyId", allowed="name a key", do="Give it a key, one of the stack's where alarms come in."
    )


def alarms_can_reach_their_topics(stack: Stack) -> Iterator[Finding]:
    """Yields topics of alarms with AWS's own key. Which topic an alarm names is told by the references of a plan.

    CloudWatch may not use the key that AWS keeps for topics
    (https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger).
    """
    told = {arn for alarm in stack.of(_ALARM) for arn in alarm.get("alarmActions", [])}
    for topic in stack.of(_TOPIC):
        if topic.get("kmsMasterKeyId") == _KEY_OF_AWS and _reference(topic, "arn") in told:
            yield Finding(
                property="kmsMasterKeyId",
                allowed="name a key of the stack where alarms come in",
                given=_KEY_OF_AWS,
                do="Give it one whose policy lets cloudwatch.amazonaws.com use it.",
                resource=topic,
            )


def queues_that_are_read_have_a_dead_letter_queue(stack: Stack) -> Iterator[Finding]:
    """Yields queues without one that a function reads. Which it reads is told by the references of a plan."""
    redriven = {_reference(queue, "arn") for queue in stack.of(_QUEUE) if queue.get("redrivePolicy")}
    queues = {_reference(queue, "arn"): queue for queue in stack.of(_QUEUE)}
    for mapping in stack.of(_MAPPING):
        source = mapping.get("eventSourceArn")
        if source in queues and source not in redriven:
            yield Finding(
                property="redrivePolicy",
                allowed="name a dead-letter queue",
                given=None,
                do="Set redrive_policy: a message that always fails would be tried until it expires, then be gone.",
                resource=queues[source],
            )


def consumers_lose_nothing(mapping: Resource) -> Iterator[Finding]:
    """Yields what is missing for one bad record not to hold up the others.

    A stream's records are in order: halving a batch that failed isolates the bad one, as reporting it does.
    """
    stream = mapping.get("startingPosition") is not None
    reports = "ReportBatchItemFailures" in mapping.get("functionResponseTypes", [])
    if not reports and not (stream and mapping.get("bisectBatchOnFunctionError") is True):
        yield Finding(
            property="functionResponseTypes",
            allowed="hold ReportBatchItemFailures" + (", or bisectBatchOnFunctionError be true" if stream else ""),
            given=mapping.get("functionResponseTypes"),
            do="Set it: one failed message would repeat all others of its batch.",
        )
    if stream and not mapping.get("destinationConfig.onFailure.destinationArn"):
        yield Finding(
            property="destinationConfig.onFailure",
            allowed="be given",
            given=None,
            do="Name a queue: a record that always fails would be gone when its retries end.",
        )


def _reference(resource: Resource, output: str) -> str:
    return f"<{resource.kind} {resource.name}.{output}>"


RULES = (
    Rule(
        name="queues-are-encrypted",
        why="Messages hold people's orders",
        source=f"{_DEVELOPERS}/sqs-server-side-encryption.html",
        types=(_QUEUE,),
        resource=queues_are_encrypted,
        clouds_only=True,
    ),
    Rule(
        name="messages-travel-encrypted",
        why="Messages hold people's orders",
        source=f"{_DEVELOPERS}/sqs-security-best-practices.html#enforce-encryption-data-in-transit",
        types=("aws:sqs/queuePolicy:QueuePolicy", "aws:sns/topicPolicy:TopicPolicy"),
        resource=messages_travel_encrypted,
    ),
    Rule(
        name="topics-are-encrypted",
        why="Alarms tell how the system is built and where it hurts",
        source="https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html",
        types=(_TOPIC,),
        resource=topics_are_encrypted,
        production_only=True,
    ),
    Rule(
        name="alarms-can-reach-their-topics",
        why="An alarm that CloudWatch can't encrypt tells nobody",
        source="https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger",
        types=(_ALARM, _TOPIC),
        stack=alarms_can_reach_their_topics,
        production_only=True,
        plan_only=True,
    ),
    Rule(
        name="consumers-lose-nothing",
        why="An event that can't be handled should wait for a person",
        source=f"{_DEVELOPERS}/sqs-dead-letter-queues.html",
        types=(_MAPPING,),
        resource=consumers_lose_nothing,
    ),
    Rule(
        name="queues-that-are-read-have-a-dead-letter-queue",
        why="An event that can't be handled should wait for a person",
        source=f"{_DEVELOPERS}/sqs-dead-letter-queues.html",
        types=(_MAPPING, _QUEUE),
        stack=queues_that_are_read_have_a_dead_letter_queue,
        plan_only=True,
    ),
)
