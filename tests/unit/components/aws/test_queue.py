from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.program import Declared
from tests.unit.components.events import program, statements

QUEUES = ["fulfilment", "fulfilment-dead-letters", "relay-dead-letters"]


def queue(name: str) -> Declared:
    return program().one("sqs/queue:Queue", name)


def policy(name: str) -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in statements(program().one("QueuePolicy", name))}


@pytest.mark.parametrize("name", QUEUES)
def test_messages_are_encrypted_at_rest_and_on_their_way(name: str) -> None:
    assert queue(name)["sqsManagedSseEnabled"] is True
    tls = policy(name)["TlsOnly"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "sqs:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert tls["Resource"].endswith(f":{queue(name).name}-1a2b3c4")


@pytest.mark.parametrize("name", QUEUES)
def test_nobody_is_let_in_but_services_on_behalf_of_one_resource(name: str) -> None:
    for statement in policy(name).values():
        if statement["Effect"] == "Allow":
            assert statement["Action"] == "sqs:SendMessage"
            assert list(statement["Principal"]) == ["Service"]
            assert "*" not in statement["Condition"]["ArnEquals"]["aws:SourceArn"]


@pytest.mark.parametrize("name", ["fulfilment", "fulfilment-dead-letters"])
def test_the_rule_may_send_to_the_queue_and_to_its_dead_letter_queue(name: str) -> None:
    sender = policy(name)["Sender0"]
    assert sender["Principal"] == {"Service": "events.amazonaws.com"}
    assert sender["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(":rule/events-1a2b3c4/fulfilment-1a2b3c4")


def test_a_message_stays_invisible_for_six_timeouts_of_its_consumer() -> None:
    assert queue("fulfilment")["visibilityTimeoutSeconds"] == 6 * 28


def test_a_message_that_fails_five_times_is_put_aside_for_a_fortnight() -> None:
    redrive = json.loads(queue("fulfilment")["redrivePolicy"])
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"].endswith(":fulfilment-dead-letters-1a2b3c4")
    assert queue("fulfilment-dead-letters")["messageRetentionSeconds"] == 14 * 86_400
    assert queue("fulfilment-dead-letters")["messageRetentionSeconds"] > queue("fulfilment")["messageRetentionSeconds"]


def test_a_dead_letter_queue_takes_from_its_queue_alone() -> None:
    allow = program().one("RedriveAllowPolicy")
    assert allow["queueUrl"].endswith("/fulfilment-dead-letters-1a2b3c4")
    allowed = json.loads(allow["redriveAllowPolicy"])
    assert allowed["redrivePermission"] == "byQueue"
    assert [arn.rpartition(":")[2] for arn in allowed["sourceQueueArns"]] == ["fulfilment-1a2b3c4"]
