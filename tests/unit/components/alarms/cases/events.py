"""The stories of the alarms of events: they wait, or are given up."""

from __future__ import annotations

from tests.unit.components.alarms.samples import Sample, at, every, rising
from tests.unit.components.alarms.story import Case, Stories, Story, Watched


def iterator_age(function: Watched) -> Stories:
    """Returns stories of a stream's records, of whose ages Lambda publishes that of each try."""
    metric = function.of_function("IteratorAge")
    well = [250.0]
    return Stories(
        fires=(
            Story(
                text="For ten minutes the bus takes no event: each try finds the same records, which get older.",
                published={
                    metric: [
                        *every(20, first=0, last=10, values=well),
                        *rising(first=10, last=20, per_second=1000),
                        *every(20, first=20, last=40, values=well),
                    ]
                },
            ),
        ),
        quiet=(
            Story(
                text="The bus takes a batch at the third try, after 45 s.",
                published={
                    metric: [
                        *every(20, first=0, last=10, values=well),
                        *every(15, first=10, last=11, values=[250, 15_000, 30_000, 45_000]),
                        *every(20, first=11, last=40, values=well),
                    ]
                },
            ),
        ),
    )


def queue_age(queue: Watched) -> Stories:
    """Returns stories of a queue's oldest message.

    A message that was received three times and is still there does not count any more
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
    """
    metric = queue.of_queue(queue.named["queue"], "ApproximateAgeOfOldestMessage")
    return Stories(
        fires=(
            Story(
                text="The consumer is paused for half an hour.",
                published={metric: [*at(*range(5), value=0), *rising(first=5, last=35), *at(*range(35, 60), value=0)]},
            ),
        ),
        quiet=(
            Story(
                text="The consumer is paused for a quarter of an hour.",
                published={metric: [*at(*range(5), value=0), *rising(first=5, last=20), *at(*range(20, 60), value=0)]},
            ),
            Story(
                text="Billing is away for half an hour: each message is soon received three times, and then does not "
                "count. The circuit breaker, the failures and the dead letters tell of it.",
                published={metric: at(*range(60), value=14)},
            ),
        ),
    )


def archived_age(queue: Watched) -> Stories:
    """Returns stories of the oldest event that waits for a rebuild of the counts."""
    metric = queue.of_queue(queue.named["queue"], "ApproximateAgeOfOldestMessage")
    return Stories(
        fires=(
            Story(
                text="A rebuild was killed six hours ago, and is run again half an hour later.",
                published={metric: [*at(*range(30), value=6 * 3600 + 60), *at(*range(30, 60), value=0)]},
            ),
        ),
        quiet=(
            Story(
                text="A rebuild of a large archive has gone on for three hours.",
                published={metric: at(*range(60), value=3 * 3600)},
            ),
        ),
    )


def dead_letters(queue: Watched) -> Stories:
    """Returns stories of a dead-letter queue, of which SQS publishes nothing while it has been empty for hours."""
    metric = queue.of_queue(f"{queue.named['queue']}-dead-letters", "ApproximateNumberOfMessagesVisible")
    return Stories(
        fires=(
            Story(
                text="A message is given up, and an operator gives it back half an hour later.",
                published={metric: [*at(*range(10, 40), value=1), *at(*range(40, 60), value=0)]},
            ),
        ),
        quiet=(
            Story(text="An operator looks at the queue, which is empty.", published={metric: at(*range(60), value=0)}),
        ),
    )


def given_up(metric_name: str, told: str) -> Case:
    """Returns the stories of a metric that EventBridge publishes only when it is not zero."""

    def stories(rule: Watched) -> Stories:
        single: list[Sample] = at(10.4)
        return Stories(
            fires=(Story(text=told, published={rule.of_rule(metric_name): single}),),
            quiet=(
                Story(
                    text="A target is throttled for an hour, and takes every event in the end.",
                    published={rule.of_rule("RetryInvocationAttempts"): every(30, first=0, last=60)},
                ),
            ),
        )

    return stories


CASES: dict[str, Case] = {
    "(?P<function>[a-z0-9]+)-iterator-age": iterator_age,
    "(?P<queue>rebuild)-queue-age": archived_age,
    "(?P<queue>(?!rebuild)[a-z0-9-]+)-queue-age": queue_age,
    "(?P<queue>[a-z0-9-]+)-dead-letters": dead_letters,
    "(?P<rule>[a-z0-9-]+)-undelivered": given_up("FailedInvocations", "The target refuses an event for good."),
    "(?P<rule>[a-z0-9-]+)-lost": given_up(
        "InvocationsFailedToBeSentToDlq", "The target refuses an event, and so does the dead-letter queue."
    ),
}
