"""The differences between the emulator and AWS: each test holds one row of docs/local-differences.md.

One that fails after an upgrade of the emulator tells that a row is to be changed, and perhaps that code which goes
around the difference can go.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.errors import ProviderError
from local.machine import Machine
from local.providers.aws.client import Aws
from tests.support.waiting import eventually
from tests.unit.local.providers.aws.emulated import CALLER, Program, printed, zipped

KEYS = {"billingMode": "PAY_PER_REQUEST", "hashKey": "pk", "attributes": [{"name": "pk", "type": "S"}]}
STREAM = {"streamEnabled": True, "streamViewType": "NEW_AND_OLD_IMAGES"}

# Logs what it was given; fails at poison, or reports it.
CONSUMER = """
import json, os

def handler(event, context):
    keys = [r["body"] if "body" in r else r["dynamodb"]["Keys"]["pk"]["S"] for r in event["Records"]]
    print(json.dumps({"keys": keys}))
    bad = [r for r, key in zip(event["Records"], keys) if key == "poison"]
    if bad and os.environ["MODE"] == "raise":
        raise ValueError("poison")
    names = [r.get("messageId") or r["dynamodb"]["SequenceNumber"] for r in bad]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}
"""


@pytest.fixture(autouse=True)
def _nothing_printed(machine: Machine) -> None:
    """Removes what the functions of other tests have printed."""
    (machine.logs / "functions.jsonl").unlink(missing_ok=True)


def consumer(program: Program, folder: Path, mode: str) -> None:
    archive = zipped(folder / "consumer.zip", CONSUMER)
    program.function("consumer", archive, None, environment={"variables": {"MODE": mode}})


def seen(machine: Machine) -> list[list[str]]:
    """The batches that the consumer was given."""
    return [line["keys"] for line in printed(machine) if "keys" in line]


def put(api: Aws, *keys: str) -> None:
    writes = [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in keys]
    api.call("dynamodb", "BatchWriteItem", {"RequestItems": {"orders": writes}})


def stream(program: Program, **inputs: Any) -> None:
    table = program.make("Table", "orders", **KEYS, **STREAM)
    mapping = {"functionName": "consumer", "eventSourceArn": table["streamArn"], "startingPosition": "TRIM_HORIZON"}
    program.make("EventSourceMapping", "consumer", **mapping, **inputs)


def waiting(api: Aws, url: str) -> int:
    asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(api.call("sqs", "GetQueueAttributes", asked)["Attributes"]["ApproximateNumberOfMessages"])


def test_failed_items_that_a_stream_s_reader_reports_are_lost(
    program: Program, api: Aws, machine: Machine, tmp_path: Path
) -> None:
    consumer(program, tmp_path, "report")
    stream(program, functionResponseTypes=["ReportBatchItemFailures"])
    put(api, "poison")
    assert eventually(lambda: seen(machine) == [["poison"]])
    put(api, "next")
    assert eventually(lambda: ["next"] in seen(machine))
    assert seen(machine).count(["poison"]) == 1, "AWS gives it again"


def test_a_stream_s_failing_batch_is_tried_without_end_and_never_split(
    program: Program, api: Aws, machine: Machine, tmp_path: Path
) -> None:
    consumer(program, tmp_path, "raise")
    dead = program.make("Queue", "dead")
    on_failure = {"onFailure": {"destinationArn": dead["arn"]}}
    stream(program, maximumRetryAttempts=1, bisectBatchOnFunctionError=True, destinationConfig=on_failure)
    put(api, "poison", "good")
    assert eventually(lambda: len(seen(machine)) >= 4), "AWS gives up after the second"
    assert all("poison" in batch for batch in seen(machine)), "AWS halves it and goes on with the good half"
    assert waiting(api, dead["id"]) == 0


def test_a_queue_s_reported_failures_alone_are_tried_again_and_end_in_the_dead_letter_queue(
    program: Program, api: Aws, machine: Machine, tmp_path: Path
) -> None:
    """The emulator does as AWS does."""
    consumer(program, tmp_path, "report")
    dead = program.make("Queue", "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead["arn"], "maxReceiveCount": 2})
    queue = program.make("Queue", "orders", visibilityTimeoutSeconds=10, redrivePolicy=redrive)
    entries = [{"Id": key, "MessageBody": key} for key in ("good", "poison")]
    mapping = {"functionName": "consumer", "eventSourceArn": queue["arn"]}
    program.make("EventSourceMapping", "consumer", **mapping, functionResponseTypes=["ReportBatchItemFailures"])
    # Less than AWS takes, so that the test need not wait, and enough for a function that was called before.
    api.call("sqs", "SetQueueAttributes", {"QueueUrl": queue["id"], "Attributes": {"VisibilityTimeout": "3"}})
    api.call("lambda", "Invoke", {"FunctionName": "consumer", "Payload": b'{"Records": []}'})
    api.call("sqs", "SendMessageBatch", {"QueueUrl": queue["id"], "Entries": entries})
    assert eventually(lambda: waiting(api, dead["id"]) == 1)
    given = [key for batch in seen(machine) for key in batch]
    assert (given.count("good"), given.count("poison")) == (1, 2)


def bus(program: Program, api: Aws) -> Callable[[str], None]:
    program.make("EventBus", "orders")
    program.make("EventRule", "all", eventBusName="orders", eventPattern='{"source":["orders"]}')

    def send(order: str) -> None:
        event = {"EventBusName": "orders", "Source": "orders", "DetailType": "placed"}
        api.call("events", "PutEvents", {"Entries": [{**event, "Detail": json.dumps({"order": order})}]})

    return send


def test_an_event_that_can_not_be_delivered_is_dropped_and_not_sent_to_the_rule_s_dead_letter_queue(
    program: Program, api: Aws, machine: Machine
) -> None:
    send = bus(program, api)
    gone, dead = program.make("Queue", "gone"), program.make("Queue", "dead")
    delivery = {"arn": gone["arn"], "deadLetterConfig": {"arn": dead["arn"]}}
    program.make("EventTarget", "all", eventBusName="orders", rule="all", **delivery)
    api.call("sqs", "DeleteQueue", {"QueueUrl": gone["id"]})
    send("one")
    assert waiting(api, dead["id"]) == 0
    assert "queue gone not found" in (machine.logs / "emulator.log").read_text()


def test_a_rule_delivers_to_a_queue_whose_policy_names_another_rule(program: Program, api: Aws) -> None:
    send = bus(program, api)
    queue = program.make("Queue", "orders")
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    other = {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-central-1:000000000000:rule/orders/other"}}
    document = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": queue["arn"], "Condition": other}]}
    program.make("QueuePolicy", "orders", queueUrl=queue["id"], policy=json.dumps(document))
    program.make("EventTarget", "all", eventBusName="orders", rule="all", arn=queue["arn"])
    send("one")
    assert waiting(api, queue["id"]) == 1


def test_a_replay_goes_to_every_rule_whatever_rules_it_is_meant_for(program: Program, api: Aws) -> None:
    """It carries the replay's name, as on AWS; there the archive fills after minutes, here at once."""
    send = bus(program, api)
    archive = program.make("EventArchive", "orders", eventSourceArn=BUS, retentionDays=14)
    queue = program.make("Queue", "orders")
    program.make("EventTarget", "all", eventBusName="orders", rule="all", arn=queue["arn"])
    send("one")
    start = {"ReplayName": "again", "EventSourceArn": archive["arn"], "EventStartTime": 0, "EventEndTime": 1 << 32}
    other = "arn:aws:events:eu-central-1:000000000000:rule/orders/other"
    api.call("events", "StartReplay", {**start, "Destination": {"Arn": BUS, "FilterArns": [other]}})
    assert eventually(lambda: waiting(api, queue["id"]) == 2)
    asked = {"QueueUrl": queue["id"], "MaxNumberOfMessages": 10}
    bodies = [json.loads(one["Body"]) for one in api.call("sqs", "ReceiveMessage", asked)["Messages"]]
    assert sorted(body.get("replay-name", "") for body in bodies) == ["", "again"]
    assert bodies[0]["id"] == bodies[1]["id"], "as on AWS: what a consumer can tell the second by"


BUS = "arn:aws:events:eu-central-1:000000000000:event-bus/orders"


def test_messages_are_moved_by_hand_there_is_no_move_task(program: Program, api: Aws) -> None:
    dead = program.make("Queue", "dead")
    with pytest.raises(ProviderError, match="StartMessageMoveTask"):
        api.call("sqs", "StartMessageMoveTask", {"SourceArn": dead["arn"]})


def test_queues_and_streams_have_no_metrics(program: Program, api: Aws) -> None:
    """An alarm on such metrics exists here, and stays without data."""
    queue = program.make("Queue", "dead")
    api.call("sqs", "SendMessage", {"QueueUrl": queue["id"], "MessageBody": "poison"})
    assert api.call("cloudwatch", "ListMetrics", {"Namespace": "AWS/SQS"})["Metrics"] == []
    assert api.call("cloudwatch", "ListMetrics", {"MetricName": "IteratorAge"})["Metrics"] == []


def test_an_alarm_is_looked_at_when_metrics_are_sent_and_takes_those_of_every_function(
    program: Program, api: Aws, tmp_path: Path
) -> None:
    archive = zipped(tmp_path / "broken.zip", "def handler(event, context):\n    raise ValueError(event)\n")
    program.function("broken", archive)
    alarm = {"metricName": "Errors", "namespace": "AWS/Lambda", "dimensions": {"FunctionName": "another"}}
    alarm |= {"statistic": "Sum", "period": 60, "evaluationPeriods": 1, "threshold": 1}
    program.make("MetricAlarm", "another", comparisonOperator="GreaterThanOrEqualToThreshold", **alarm)
    api.call("lambda", "Invoke", {"FunctionName": "broken", "Payload": b"{}"})

    def state() -> str:
        (found,) = api.call("cloudwatch", "DescribeAlarms", {"AlarmNames": ["another"]})["MetricAlarms"]
        return str(found["StateValue"])

    sent = [{"MetricName": "any", "Value": 1.0}]
    api.call("cloudwatch", "PutMetricData", {"Namespace": "crosscloud", "MetricData": sent})
    assert state() == "ALARM", "AWS leaves the alarm of another function alone"


VERSIONED = """
import json, os

def handler(event, context):
    version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    counts = [{"Namespace": "own", "Dimensions": [["version"], []], "Metrics": [{"Name": "Seen", "Unit": "Count"}]}]
    print(json.dumps({"version": version, "Seen": 2, "_aws": {"Timestamp": 1, "CloudWatchMetrics": counts}}))
    for record in event["Records"]:
        if record["body"] == "poison" and version == "2":
            raise ValueError("poison")
"""


def total(api: Aws, namespace: str, name: str, **dimensions: str) -> float:
    by = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": by}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    times = {"StartTime": 0, "EndTime": 1 << 32}
    (result,) = api.call("cloudwatch", "GetMetricData", {"MetricDataQueries": [query], **times})["MetricDataResults"]
    return float(sum(result["Values"]))


def test_calls_of_an_alias_are_shared_out_by_its_weights_and_counted_by_version(
    program: Program, api: Aws, tmp_path: Path
) -> None:
    """The emulator itself keeps the weights and sends all calls to the newest version."""
    first = program.function("versioned", zipped(tmp_path / "one.zip", VERSIONED))
    api.call("lambda", "UpdateFunctionConfiguration", {"FunctionName": first["id"], "Description": "newer"})
    newer = api.call("lambda", "PublishVersion", {"FunctionName": first["id"]})["Version"]
    assert (first["version"], newer) == ("1", "2")
    weights = {"additionalVersionWeights": {"1": 0.5}}
    alias = program.make("Alias", "live", functionName=first["id"], functionVersion="2", routingConfig=weights)
    queue = program.make("Queue", "orders", visibilityTimeoutSeconds=60)
    mapping = {"functionName": alias["arn"], "eventSourceArn": queue["arn"], "batchSize": 1}
    program.make("EventSourceMapping", "versioned", **mapping)
    calls = 40
    for start in range(0, calls, 10):
        entries = [{"Id": str(n), "MessageBody": "poison"} for n in range(start, start + 10)]
        api.call("sqs", "SendMessageBatch", {"QueueUrl": queue["id"], "Entries": entries})

    def of(version: str, name: str) -> float:
        live = f"{first['id']}:live"
        return total(api, "AWS/Lambda", name, FunctionName=first["id"], Resource=live, ExecutedVersion=version)

    # The version that the alias leads to was called with the dry event before.
    eventually(lambda: of("1", "Invocations") + of("2", "Invocations") == calls + 1, what="the calls")
    assert 5 < of("2", "Invocations") < 35, "one of ten thousand runs is outside"
    assert (of("1", "Errors"), of("2", "Errors")) == (0, of("2", "Invocations") - 1)
    assert total(api, "AWS/Lambda", "Errors", FunctionName=first["id"]) == of("2", "Errors")
    assert total(api, "own", "Seen", version="1") == 2 * of("1", "Invocations")


def test_metrics_in_log_lines_are_metrics_of_cloudwatch(program: Program, api: Aws, tmp_path: Path) -> None:
    """The emulator itself leaves them in the log."""
    program.function("counting", zipped(tmp_path / "counting.zip", VERSIONED.replace('"own"', '"counted"')))
    for _ in range(3):
        api.call("lambda", "Invoke", {"FunctionName": "counting", "Qualifier": "1", "Payload": b'{"Records": []}'})
    assert total(api, "counted", "Seen", version="1") == 6


def calling(program: Program, api: Aws, folder: Path, statement: dict[str, Any]) -> Callable[..., str]:
    program.function("caller", zipped(folder / "caller.zip", CALLER), statement)

    def call(service: str, operation: str, **parameters: Any) -> str:
        event = json.dumps({"service": service, "call": operation, "parameters": parameters})
        answer = api.call("lambda", "Invoke", {"FunctionName": "caller", "Payload": event.encode()})
        return str(json.loads(answer["Payload"].read()))

    return call


def test_leading_keys_are_not_heeded(program: Program, api: Aws, tmp_path: Path) -> None:
    table = program.make("Table", "orders", **KEYS)
    only = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ORDER#*"]}}
    allowed = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": table["arn"], "Condition": only}
    call = calling(program, api, tmp_path, allowed)
    assert call("dynamodb", "put_item", TableName="orders", Item={"pk": {"S": "ORDER#1"}}) == "done"
    assert call("dynamodb", "put_item", TableName="orders", Item={"pk": {"S": "PRODUCT#1"}}) == "done", "AWS refuses it"


def test_sources_and_types_of_events_are_not_heeded(program: Program, api: Aws, tmp_path: Path) -> None:
    """A condition on what a request lacks holds with ForAllValues, and with nothing else: so the grants are written."""
    made = program.make("EventBus", "orders")
    only = {"ForAllValues:StringEquals": {"events:source": "orders", "events:detail-type": ["placed"]}}
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": made["arn"], "Condition": only}
    call = calling(program, api, tmp_path, allowed)
    event = {"EventBusName": "orders", "Source": "orders", "DetailType": "placed", "Detail": "{}"}
    assert call("events", "put_events", Entries=[event]) == "done"
    assert call("events", "put_events", Entries=[{**event, "Source": "billing"}]) == "done", "AWS refuses it"


def test_a_mapping_reads_with_a_role_that_may_not(program: Program, api: Aws, machine: Machine, tmp_path: Path) -> None:
    consumer(program, tmp_path, "report")
    queue = program.make("Queue", "orders")
    api.call("sqs", "SendMessage", {"QueueUrl": queue["id"], "MessageBody": "one"})
    program.make("EventSourceMapping", "consumer", functionName="consumer", eventSourceArn=queue["arn"])
    assert eventually(lambda: seen(machine) == [["one"]])


def test_a_batching_window_is_not_waited_for(program: Program, api: Aws, machine: Machine, tmp_path: Path) -> None:
    consumer(program, tmp_path, "report")
    queue = program.make("Queue", "orders")
    mapping = {"functionName": "consumer", "eventSourceArn": queue["arn"], "maximumBatchingWindowInSeconds": 300}
    program.make("EventSourceMapping", "consumer", **mapping)
    api.call("sqs", "SendMessage", {"QueueUrl": queue["id"], "MessageBody": "one"})
    assert eventually(lambda: seen(machine) == [["one"]])
