"""The alarms of a function, a queue, the API and the calls of the services: what goes off, and when."""

from __future__ import annotations

from collections.abc import Collection

from pulumi import Input

from app.contract.metrics import BREAKER_TRANSITIONS, CERTIFICATE_DAYS_LEFT, FAILURES
from components.aws.alarms import MINUTE, Alarm
from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.event_bus import RuleName
from components.aws.function import Function
from components.aws.metrics import of_api, of_function, of_queue, of_rule, own
from components.aws.queue import Queue
from components.settings.certificates import ALARM_DAYS

NEAR = 0.8
"""The share of a limit at which somebody should know that it is near."""
FEW = 3
"""Failures of a function in five minutes at which somebody should know, however many calls it has: a share would hide
a rare operation of which each call fails behind a frequent one. One or two may be a service's short restart."""


def function(name: str, watched: Function) -> list[Alarm]:
    """Returns the alarms of a function.

    Functions answer what they expect, so that no call should raise or time out, nor be refused. What they answer with
    5xx and the messages that they give back are no errors of Lambda's: they count as failures in their own log lines.
    """
    return [
        Alarm(
            name=f"{name}-failures",
            description="The function answers with 5xx, or can't work on what it was given.",
            metric=own(FAILURES, service=name),
            statistic="Sum",
            threshold=FEW,
            period=5 * MINUTE,
            missing="zero",
        ),
        Alarm(
            name=f"{name}-errors",
            description="Calls of the function fail.",
            metric=of_function(watched, "Errors"),
            statistic="Sum",
            threshold=1,
        ),
        Alarm(
            name=f"{name}-throttles",
            description="Calls of the function are refused: its reserved concurrency, or the account's, is used up.",
            metric=of_function(watched, "Throttles"),
            statistic="Sum",
            threshold=1,
        ),
        Alarm(
            name=f"{name}-duration",
            description="Calls of the function come close to its timeout.",
            metric=of_function(watched, "Duration"),
            statistic="p99",
            threshold=NEAR * watched.timeout * 1000,
            periods=5,
        ),
        *_concurrency(name, watched),
    ]


def _concurrency(name: str, watched: Function) -> list[Alarm]:
    """Returns the alarm of a function that nearly uses up its reserved concurrency, where it has some."""
    if watched.reserved_concurrency is None:
        return []
    return [
        Alarm(
            name=f"{name}-concurrency",
            description="The function runs almost as often at a time as it may; more calls will be refused.",
            metric=of_function(watched, "ConcurrentExecutions"),
            statistic="Maximum",
            threshold=NEAR * watched.reserved_concurrency,
            periods=3,
        )
    ]


def iterator_age(name: str, watched: Function, *, seconds: int = 60) -> Alarm:
    """Returns the alarm that goes off when the oldest record of a stream has waited for the function for `seconds`."""
    return Alarm(
        name=f"{name}-iterator-age",
        description="Records of the stream wait: the function fails or is too slow. The stream forgets after 24 hours.",
        metric=of_function(watched, "IteratorAge"),
        statistic="Maximum",
        threshold=seconds * 1000,
    )


def queue_age(name: str, queue: Queue, *, seconds: int) -> Alarm:
    """Returns the alarm that goes off when for five minutes the oldest message has waited for `seconds` or more.

    SQS does not count a message that was received three times and is still there. What the consumer fails at is thus
    seen by its failures, its errors and its dead letters
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
    """
    return Alarm(
        name=f"{name}-queue-age",
        description="Messages wait: the consumer does not take them, or is too slow.",
        metric=of_queue(queue, "ApproximateAgeOfOldestMessage"),
        statistic="Maximum",
        threshold=seconds,
        periods=5,
    )


def dead_letters(name: str, queue: DeadLetterQueue) -> Alarm:
    """Returns the alarm that goes off at the first message in a dead-letter queue."""
    return Alarm(
        name=f"{name}-dead-letters",
        description="Something could not be worked on. See the runbook: look at it, mend the cause, redrive.",
        metric=of_queue(queue, "ApproximateNumberOfMessagesVisible"),
        statistic="Maximum",
        threshold=1,
    )


def rule(name: str, watched: RuleName) -> list[Alarm]:
    """Returns the alarms of a rule of the bus: an event was given up, or not even the dead-letter queue has it."""
    return [
        Alarm(
            name=f"{name}-undelivered",
            description="The bus has given up delivering an event: its target refused it for a day, or for good.",
            metric=of_rule(watched, "FailedInvocations"),
            statistic="Sum",
            threshold=1,
        ),
        Alarm(
            name=f"{name}-lost",
            description="An event could not be delivered, nor put into the rule's dead-letter queue: it is lost.",
            metric=of_rule(watched, "InvocationsFailedToBeSentToDlq"),
            statistic="Sum",
            threshold=1,
        ),
    ]


def api(name: str, api_id: Input[str], *, percent: float = 5, milliseconds: int = 3000) -> list[Alarm]:
    """Returns the alarms of the API.

    They go off when for three minutes `percent` of the answers are 5xx, and when for five minutes the slowest of a
    hundred takes `milliseconds`. What callers do wrong (4xx) is not ours to mend.
    """
    return [
        Alarm(
            name=f"{name}-5xx",
            description="The API answers with 5xx.",
            metric=of_api(api_id, "5xx"),
            statistic="Sum",
            share_of=of_api(api_id, "Count"),
            threshold=percent,
            periods=3,
        ),
        Alarm(
            name=f"{name}-latency",
            description="The slowest answers of the API take longer than callers like to wait.",
            metric=of_api(api_id, "Latency"),
            statistic="p99",
            threshold=milliseconds,
            periods=5,
        ),
    ]


def caller(name: str, services: Collection[str]) -> list[Alarm]:
    """Returns the alarms of a function that calls services.

    That a circuit opens once and closes again is what it is for; when it opens in two minutes in a row, or with a few
    minutes between them in which it does not, the service stays away. An alarm about a certificate stays as it is while
    nobody calls: at night there are no data, and every morning would tell people of it anew.
    """
    breakers = [
        Alarm(
            name=f"{name}-{service}-breaker",
            description=f"The service {service} fails: {name} mostly does without it.",
            metric=own(BREAKER_TRANSITIONS, service=name, upstream=service, state="open"),
            statistic="Sum",
            threshold=1,
            periods=2,
        )
        for service in services
    ]
    certificate = Alarm(
        name=f"{name}-certificate",
        description=f"The certificate by which {name} calls the services ends in less than {ALARM_DAYS} days.",
        metric=own(CERTIFICATE_DAYS_LEFT, service=name),
        statistic="Minimum",
        threshold=ALARM_DAYS,
        falls_below=True,
        period=60 * MINUTE,
        missing="ignore",
    )
    return [*breakers, certificate]
