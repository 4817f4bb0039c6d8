from __future__ import annotations

import pytest

from tests.support.program import Declared
from tests.unit.components.events import program


def alarm(name: str) -> Declared:
    return program().one("MetricAlarm", name)


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "threshold", "periods"),
    [
        ("fulfilment-dead-letters", "AWS/SQS ApproximateNumberOfMessagesVisible", "Maximum", 1, 1),
        ("relay-dead-letters", "AWS/SQS ApproximateNumberOfMessagesVisible", "Maximum", 1, 1),
        ("fulfilment-queue-age", "AWS/SQS ApproximateAgeOfOldestMessage", "Maximum", 300, 5),
        ("relay-iterator-age", "AWS/Lambda IteratorAge", "Maximum", 60_000, 1),
        ("relay-errors", "AWS/Lambda Errors", "Sum", 1, 1),
        ("fulfilment-undelivered", "AWS/Events FailedInvocations", "Sum", 1, 1),
        ("fulfilment-lost", "AWS/Events InvocationsFailedToBeSentToDlq", "Sum", 1, 1),
        ("relay-throttles", "AWS/Lambda Throttles", "Sum", 1, 1),
        ("relay-duration", "AWS/Lambda Duration", "p99", 22_400, 5),
        ("relay-concurrency", "AWS/Lambda ConcurrentExecutions", "Maximum", 8, 3),
        ("gateway-latency", "AWS/ApiGateway Latency", "p99", 3_000, 5),
        ("fulfilment-billing-breaker", "crosscloud/dev BreakerTransitions", "Sum", 1, 2),
    ],
)
def test_each_alarm_has_its_metric_and_limit(
    name: str, metric: str, statistic: str, threshold: int, periods: int
) -> None:
    one = alarm(name)
    assert f"{one['namespace']} {one['metricName']}" == metric
    assert statistic in (one["statistic"], one["extendedStatistic"])
    assert None in (one["statistic"], one["extendedStatistic"])
    assert one["threshold"] == pytest.approx(threshold)
    assert (one["comparisonOperator"], one["evaluationPeriods"]) == ("GreaterThanOrEqualToThreshold", periods)


def test_a_share_of_calls_goes_off_whatever_the_traffic_is() -> None:
    one = alarm("gateway-5xx")
    part, whole, share = one["metricQueries"]
    assert (part["metric"]["metricName"], whole["metric"]["metricName"]) == ("5xx", "Count")
    assert {query["metric"]["stat"] for query in (part, whole)} == {"Sum"}
    assert (share["expression"], share["returnData"]) == ("100 * part / whole", True)
    assert (one["comparisonOperator"], one["threshold"], one["evaluationPeriods"]) == (
        "GreaterThanOrEqualToThreshold",
        5,
        3,
    )


def test_failures_are_added_up_over_five_minutes_and_none_are_zero() -> None:
    """Otherwise CloudWatch looks at the failures of earlier minutes again when there are no more."""
    one = alarm("relay-failures")
    part, filled = one["metricQueries"]
    metric = part["metric"]
    assert (metric["namespace"], metric["metricName"], metric["stat"]) == ("crosscloud/dev", "Failures", "Sum")
    assert metric["dimensions"] == {"service": "relay"}, "of all versions"
    assert (metric["period"], one["evaluationPeriods"], one["threshold"]) == (300, 1, 3)
    assert (filled["expression"], filled["returnData"]) == ("FILL(part, 0)", True)


def test_a_certificate_that_ends_in_three_weeks_is_reported_once_although_nobody_calls_at_night() -> None:
    one = alarm("fulfilment-certificate")
    assert (one["comparisonOperator"], one["threshold"], one["statistic"]) == ("LessThanThreshold", 21, "Minimum")
    assert one["treatMissingData"] == "ignore"


def test_a_stack_s_alarms_are_found_by_the_beginning_of_their_names() -> None:
    assert {one["name"] for one in program().all("MetricAlarm")} == {
        f"crosscloud-dev-{one.name}" for one in program().all("MetricAlarm")
    }


def test_each_watches_the_real_thing() -> None:
    assert alarm("fulfilment-dead-letters")["dimensions"] == {"QueueName": "fulfilment-dead-letters-1a2b3c4"}
    assert alarm("fulfilment-queue-age")["dimensions"] == {"QueueName": "fulfilment-1a2b3c4"}
    assert alarm("relay-errors")["dimensions"] == {"FunctionName": "relay-1a2b3c4"}
    assert alarm("gateway-latency")["dimensions"] == {"ApiId": "a1b2c3d4e5", "Stage": "$default"}
    rule = {"EventBusName": "events-1a2b3c4", "RuleName": "fulfilment-1a2b3c4"}
    assert alarm("fulfilment-lost")["dimensions"] == alarm("fulfilment-undelivered")["dimensions"] == rule
    by = {"service": "fulfilment", "upstream": "billing", "state": "open"}
    assert alarm("fulfilment-billing-breaker")["dimensions"] == by


def test_each_tells_people_when_it_goes_off_and_when_it_is_over_and_is_quiet_without_data() -> None:
    for one in program().all("MetricAlarm"):
        assert one["alarmActions"] == one["okActions"]
        assert [arn.rpartition(":")[2] for arn in one["alarmActions"]] == ["operators-1a2b3c4"]
        assert one["treatMissingData"] == ("ignore" if one.name.endswith("-certificate") else "notBreaching")
        assert one["alarmDescription"]


def test_every_dead_letter_queue_is_watched() -> None:
    watched = {one["dimensions.QueueName"] for one in program().all("MetricAlarm") if "dead-letters" in one.name}
    queues = {f"{one.name}-1a2b3c4" for one in program().all("sqs/queue:Queue") if "dead-letters" in one.name}
    assert watched == queues
