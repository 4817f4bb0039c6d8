"""The lives of tables and queues, and of the policies of queues."""

from __future__ import annotations

import json
from typing import Any

from local.provider import Properties
from local.providers.aws.client import Aws
from planning.wire import Archive
from tests.unit.local.providers.aws.emulated import Program
from tests.unit.local.providers.aws.life import Case

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


QUEUES_AND_TABLES = [
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
]
