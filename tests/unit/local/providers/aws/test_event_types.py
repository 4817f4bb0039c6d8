"""Tables, queues, buses, topics, event sources and alarms: the whole life of each, against the emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import Aws
from local.providers.aws.queues import without_transport
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Program, zipped
from tests.unit.local.providers.aws.life import Case, live

HELLO = "def handler(event, context):\n    print('hello')\n"
KEYS = {
    "billingMode": "PAY_PER_REQUEST",
    "hashKey": "pk",
    "rangeKey": "sk",
    "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
}
STREAM = {"streamEnabled": True, "streamViewType": "NEW_AND_OLD_IMAGES"}
BY_CUSTOMER = {
    "name": "by-customer",
    "keySchemas": [{"attributeName": "customer", "keyType": "HASH"}],
    "projectionType": "ALL",
}
WITH_CUSTOMER = [*KEYS["attributes"], {"name": "customer", "type": "S"}]


def policy(queue_arn: str, sid: str) -> str:
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": queue_arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue_policy(program: Program, _: Archive) -> Properties:
    queue = program.make("Queue", "orders")
    return {"queueUrl": queue["id"], "policy": policy(queue["arn"], "one")}


def allowing(*queues: str) -> str:
    return json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": list(queues)})


def attribute(name: str) -> Any:
    def read(aws: Aws, made: Properties) -> Any:
        asked = {"QueueUrl": made.get("queueUrl", made["id"]), "AttributeNames": ["All"]}
        return aws.call("sqs", "GetQueueAttributes", asked)["Attributes"].get(name)

    return read


def target(program: Program, _: Archive) -> Properties:
    bus = program.make("EventBus", "orders")["name"]
    rule = program.make("EventRule", "placed", eventBusName=bus, eventPattern='{"source":["orders"]}')
    queue, dead = (program.make("Queue", name)["arn"] for name in ("orders", "orders-dead"))
    retries = {"maximumEventAgeInSeconds": 3600.0, "maximumRetryAttempts": 5.0}
    return {
        "eventBusName": bus,
        "rule": rule["name"],
        "arn": queue,
        "roleArn": "arn:aws:iam::000000000000:role/placed",
        "deadLetterConfig": {"arn": dead},
        "retryPolicy": retries,
    }


def of_function(program: Program, archive: Archive) -> str:
    function = program.function("consumer", archive)
    alias = {"name": "live", "functionName": "consumer", "functionVersion": function["version"]}
    program.make("Alias", "consumer-live", **alias)
    return "consumer:live"


def from_queue(program: Program, archive: Archive) -> Properties:
    return {
        "functionName": of_function(program, archive),
        "eventSourceArn": program.make("Queue", "orders", visibilityTimeoutSeconds=60)["arn"],
        "batchSize": 10.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 2.0},
    }


def from_stream(program: Program, archive: Archive) -> Properties:
    dead = program.make("Queue", "relay-dead")["arn"]
    return {
        "functionName": of_function(program, archive),
        "eventSourceArn": program.make("Table", "orders", **KEYS, **STREAM)["streamArn"],
        "startingPosition": "TRIM_HORIZON",
        "batchSize": 10.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "maximumRetryAttempts": 5.0,
        "bisectBatchOnFunctionError": True,
        "destinationConfig": {"onFailure": {"destinationArn": dead}},
        "filterCriteria": {"filters": [{"pattern": '{"eventName":["INSERT"]}'}]},
    }


def mapping(member: str) -> Any:
    return lambda aws, made: aws.call("lambda", "GetEventSourceMapping", {"UUID": made["id"]})[member]


ALARM = {
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "evaluationPeriods": 1.0,
    "metricName": "ApproximateNumberOfMessagesVisible",
    "namespace": "AWS/SQS",
    "period": 60.0,
    "statistic": "Maximum",
    "threshold": 1.0,
    "treatMissingData": "notBreaching",
    "dimensions": {"QueueName": "orders-dead"},
}


COUNT = {
    "namespace": "AWS/ApiGateway",
    "metricName": "Count",
    "dimensions": {"ApiId": "a"},
    "period": 60.0,
    "stat": "Sum",
}
SHARE = {
    **{key: ALARM[key] for key in ("comparisonOperator", "evaluationPeriods", "threshold")},
    "metricQueries": [
        {"id": "part", "metric": {**COUNT, "metricName": "5xx"}},
        {"id": "whole", "metric": COUNT},
        {"id": "share", "expression": "100 * part / whole", "returnData": True},
    ],
}


def threshold(aws: Aws, made: Properties) -> object:
    (alarm,) = aws.call("cloudwatch", "DescribeAlarms", {"AlarmNames": [made["id"]]})["MetricAlarms"]
    return alarm["Threshold"]


CASES = [
    Case(
        type="Table",
        inputs=lambda *_: {**KEYS, "tags": {"feature": "orders"}},
        change={
            **STREAM,
            "deletionProtectionEnabled": False,
            "attributes": WITH_CUSTOMER,
            "globalSecondaryIndexes": [BY_CUSTOMER],
            "ttl": {"attributeName": "expires", "enabled": True},
            "pointInTimeRecovery": {"enabled": True},
            "serverSideEncryption": {"enabled": True},
        },
        read=lambda aws, made: [
            index["IndexName"]
            for index in aws.call("dynamodb", "DescribeTable", {"TableName": made["id"]})["Table"].get(
                "GlobalSecondaryIndexes", []
            )
        ],
        before=[],
        after=["by-customer"],
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Queue",
        inputs=lambda program, _: {
            "visibilityTimeoutSeconds": 60.0,
            "redrivePolicy": json.dumps(
                {"deadLetterTargetArn": program.make("Queue", "dead")["arn"], "maxReceiveCount": 5}
            ),
        },
        change={"visibilityTimeoutSeconds": 180.0, "redrivePolicy": None},
        read=attribute("VisibilityTimeout"),
        before="60",
        after="180",
        outputs=frozenset({"arn", "url", "name"}),
    ),
    Case(
        type="QueuePolicy",
        inputs=queue_policy,
        change={"policy": policy("arn:aws:sqs:eu-central-1:000000000000:orders", "two")},
        read=lambda aws, made: json.loads(attribute("Policy")(aws, made))["Statement"][0]["Sid"],
        before="one",
        after="two",
        outputs=frozenset(),
    ),
    Case(
        type="RedriveAllowPolicy",
        inputs=lambda program, _: {
            "queueUrl": program.make("Queue", "dead")["id"],
            "redriveAllowPolicy": allowing("arn:aws:sqs:eu-central-1:000000000000:one"),
        },
        change={"redriveAllowPolicy": allowing("arn:aws:sqs:eu-central-1:000000000000:two")},
        read=lambda aws, made: json.loads(attribute("RedriveAllowPolicy")(aws, made))["sourceQueueArns"][0][-3:],
        before="one",
        after="two",
        outputs=frozenset(),
    ),
    Case(
        type="EventBus",
        inputs=lambda *_: {"description": "one"},
        change={"description": "two"},
        read=lambda aws, made: aws.call("events", "DescribeEventBus", {"Name": made["id"]})["Description"],
        before="one",
        after="two",
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="EventRule",
        inputs=lambda program, _: {
            "eventBusName": program.make("EventBus", "orders")["name"],
            "eventPattern": '{"source": ["one"]}',
        },
        change={"eventPattern": '{"source": ["two"]}'},
        read=lambda aws, made: json.loads(
            aws.call("events", "DescribeRule", {"Name": made["name"], "EventBusName": made["eventBusName"]})[
                "EventPattern"
            ]
        ),
        before={"source": ["one"]},
        after={"source": ["two"]},
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="EventTarget",
        inputs=target,
        change={"retryPolicy": {"maximumEventAgeInSeconds": 7200.0, "maximumRetryAttempts": 5.0}},
        read=lambda aws, made: aws.call(
            "events", "ListTargetsByRule", {"Rule": made["rule"], "EventBusName": made["eventBusName"]}
        )["Targets"][0]["RetryPolicy"]["MaximumEventAgeInSeconds"],
        before=3600,
        after=7200,
        outputs=frozenset({"targetId"}),
    ),
    Case(
        type="EventArchive",
        inputs=lambda program, _: {
            "eventSourceArn": program.make("EventBus", "orders")["arn"],
            "retentionDays": 14.0,
        },
        change={"retentionDays": 30.0},
        read=lambda aws, made: aws.call("events", "DescribeArchive", {"ArchiveName": made["id"]})["RetentionDays"],
        before=14,
        after=30,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Topic",
        inputs=lambda *_: {"displayName": "one", "kmsMasterKeyId": "alias/aws/sns"},
        change={"displayName": "two"},
        read=lambda aws, made: aws.call("sns", "GetTopicAttributes", {"TopicArn": made["id"]})["Attributes"][
            "DisplayName"
        ],
        before="one",
        after="two",
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="EventSourceMapping",
        inputs=from_queue,
        change={"batchSize": 5.0},
        read=mapping("BatchSize"),
        before=10,
        after=5,
        outputs=frozenset({"uuid", "functionArn"}),
    ),
    Case(
        type="EventSourceMapping",
        inputs=from_stream,
        change={"maximumRetryAttempts": 3.0},
        read=mapping("MaximumRetryAttempts"),
        before=5,
        after=3,
        outputs=frozenset({"uuid", "functionArn"}),
    ),
    Case(
        type="MetricAlarm",
        inputs=lambda *_: ALARM,
        change={"threshold": 5.0},
        read=threshold,
        before=1.0,
        after=5.0,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="MetricAlarm",
        inputs=lambda *_: SHARE,
        change={"threshold": 5.0},
        read=threshold,
        before=1.0,
        after=5.0,
        outputs=frozenset({"arn", "name"}),
    ),
    Case(
        type="Dashboard",
        inputs=lambda *_: {"dashboardName": "shop", "dashboardBody": '{"widgets": []}'},
        change={"dashboardBody": '{"start": "-PT3H", "widgets": []}'},
        read=lambda aws, made: aws.call("cloudwatch", "GetDashboard", {"DashboardName": made["id"]})["DashboardBody"],
        before='{"widgets": []}',
        after='{"start": "-PT3H", "widgets": []}',
        outputs=frozenset({"dashboardArn"}),
    ),
]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return zipped(tmp_path / "hello.zip", HELLO)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_each_type_is_made_adopted_changed_and_deleted(
    case: Case, program: Program, archive: Archive, api: Aws
) -> None:
    live(case, program, archive, api)


def tls_only(resource: str) -> dict[str, Any]:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": resource, "Condition": plain}


@pytest.mark.parametrize(
    ("statements", "kept"),
    [
        ([tls_only("q")], ""),
        ([tls_only("q"), {"Effect": "Allow", "Action": "sqs:SendMessage"}], "sqs:SendMessage"),
        ([{**tls_only("q"), "Effect": "Allow"}], "*"),
        (
            [{**tls_only("q"), "Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}}],
            "*",
        ),
    ],
)
def test_a_refusal_of_plain_http_is_left_out_of_a_policy_and_nothing_else(
    statements: list[dict[str, Any]], kept: str
) -> None:
    text = without_transport(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert [one["Action"] for one in json.loads(text)["Statement"]] == [kept] if kept else text == ""


def test_a_queue_that_refuses_plain_http_takes_messages_here(program: Program, api: Aws) -> None:
    queue = program.make("Queue", "orders")
    document = {"Version": "2012-10-17", "Statement": [tls_only(queue["arn"])]}
    made = program.make("QueuePolicy", "orders", queueUrl=queue["id"], policy=json.dumps(document))
    assert api.call("sqs", "SendMessage", {"QueueUrl": queue["id"], "MessageBody": "here"})["MessageId"]
    assert program.handler("QueuePolicy").exists(made["id"], made)


RECORDED = {
    "Key": ({"description": "Messages", "enableKeyRotation": True}, {"description": "Letters"}, {"arn", "keyId"}),
    "Permission": ({"function": "edge", "action": "lambda:InvokeFunction"}, {"principal": "one"}, {"statementId"}),
    "TopicPolicy": ({"arn": "arn:aws:sns:::notices", "policy": "{}"}, {"policy": "[]"}, set()),
}


@pytest.mark.parametrize("type_", RECORDED)
def test_what_the_emulator_would_never_use_is_in_the_state_alone(type_: str, program: Program) -> None:
    (inputs, change, outputs), handler = RECORDED[type_], program.handler(type_)
    made = handler.create("one", inputs)
    assert made.outputs.keys() >= outputs
    assert handler.exists(made.id, {**inputs, **made.outputs})
    assert handler.create("one", inputs) == made
    after = handler.update(made.id, inputs, {**inputs, **change}, {**inputs, **made.outputs})
    assert after == made.outputs
    with pytest.raises(ProviderError, match=rf"aws {type_} 'one': the local stack can't honour strange\."):
        handler.create("one", {**inputs, "strange": "value"})
    handler.delete(made.id, {**inputs, **after})


def test_a_table_loses_what_the_program_takes_away(program: Program, api: Aws) -> None:
    whole = {
        **KEYS,
        **STREAM,
        "attributes": WITH_CUSTOMER,
        "globalSecondaryIndexes": [BY_CUSTOMER],
        "ttl": {"attributeName": "expires", "enabled": True},
        "pointInTimeRecovery": {"enabled": True},
        "deletionProtectionEnabled": True,
    }
    made = program.make("Table", "orders", **whole)
    assert made["streamArn"].startswith(f"{made['arn']}/stream/")
    handler = program.handler("Table")
    with pytest.raises(ProviderError, match=r"protected|protection"):
        handler.delete(made["id"], made)
    outputs = {**KEYS, **handler.update(made["id"], whole, KEYS, made)}
    described = api.call("dynamodb", "DescribeTable", {"TableName": "orders"})["Table"]
    assert not described.get("GlobalSecondaryIndexes")
    assert not described.get("StreamSpecification", {}).get("StreamEnabled")
    ttl = api.call("dynamodb", "DescribeTimeToLive", {"TableName": "orders"})["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
    assert handler.exists(made["id"], outputs)
    handler.delete(made["id"], outputs)
    assert not handler.exists(made["id"], outputs)
    program.made.clear()


def test_another_view_of_the_changes_is_another_stream(program: Program) -> None:
    old = {**KEYS, **STREAM}
    made = program.make("Table", "orders", **old)
    new = {**old, "streamViewType": "NEW_IMAGE"}
    changed = program.handler("Table").update(made["id"], old, new, made)
    assert changed["streamArn"] != made["streamArn"]


def test_a_changed_queue_keeps_its_policies(program: Program, api: Aws) -> None:
    queue = program.make("Queue", "orders", visibilityTimeoutSeconds=60)
    held = program.make("QueuePolicy", "orders", queueUrl=queue["id"], policy=policy(queue["arn"], "one"))
    inputs = {"visibilityTimeoutSeconds": 60}
    program.handler("Queue").update(queue["id"], inputs, {"visibilityTimeoutSeconds": 90}, queue)
    assert program.handler("QueuePolicy").exists(held["id"], held)
    assert attribute("VisibilityTimeout")(api, queue) == "90"


@pytest.mark.parametrize(
    ("type_", "inputs", "named"),
    [
        ("Table", {**KEYS, "billingMode": "PROVISIONED"}, "billingMode must be PAY_PER_REQUEST"),
        ("Table", {**KEYS, "localSecondaryIndexes": [{"name": "x"}]}, "localSecondaryIndexes"),
        ("Table", {**KEYS, "replicas": [{"regionName": "us-east-1"}]}, "replicas"),
        ("Queue", {"name": "orders.fifo", "fifoQueue": True}, "fifoQueue"),
        ("Queue", {"name": "orders.fifo"}, "standard queues only"),
        ("Queue", {"kmsMasterKeyId": "alias/own"}, "kmsMasterKeyId"),
        ("EventBus", {"kmsKeyIdentifier": "alias/own"}, "kmsKeyIdentifier"),
        ("EventRule", {"eventPattern": "{}", "scheduleExpression": "rate(1 day)"}, "scheduleExpression"),
        ("EventTarget", {"rule": "r", "arn": "a", "inputPath": "$.detail"}, "inputPath"),
        ("Topic", {"fifoTopic": True}, "fifoTopic"),
        ("MetricAlarm", {**ALARM, "thresholdMetricId": "m"}, "thresholdMetricId"),
        (
            "EventSourceMapping",
            {"functionName": "f", "eventSourceArn": "arn:aws:kafka:::x", "topics": ["a"]},
            "topics",
        ),
    ],
)
def test_what_it_can_not_honour_is_refused_by_name(
    program: Program, type_: str, inputs: Properties, named: str
) -> None:
    with pytest.raises(ProviderError, match="thing") as refused:
        program.handler(type_).create("thing", inputs)
    assert named in str(refused.value)
