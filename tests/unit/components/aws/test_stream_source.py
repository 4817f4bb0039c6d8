from __future__ import annotations

import json

from tests.support.program import Declared
from tests.unit.components.events import program


def mapping() -> Declared:
    return program().one("EventSourceMapping", "relay")


def test_it_begins_with_what_was_written_before_it_was_there() -> None:
    assert mapping()["startingPosition"] == "TRIM_HORIZON"


def test_a_batch_is_tried_until_the_stream_is_about_to_forget_it() -> None:
    assert mapping()["maximumRetryAttempts"] == -1
    assert 3600 <= 24 * 3600 - mapping()["maximumRecordAgeInSeconds"] <= 4 * 3600
    assert mapping()["bisectBatchOnFunctionError"] is True


def test_what_was_given_up_goes_to_a_queue_that_the_role_may_send_to() -> None:
    (destination,) = [mapping()["destinationConfig.onFailure.destinationArn"]]
    assert destination.endswith(":relay-dead-letters-1a2b3c4")
    statements = json.loads(program().one("RolePolicy", "relay")["policy"])["Statement"]
    (sending,) = (one for one in statements if one["Action"] == ["sqs:SendMessage"])
    assert sending["Resource"] == destination


def test_failures_are_raised_and_not_reported() -> None:
    assert mapping()["functionResponseTypes"] is None


def test_the_function_is_called_for_what_it_is_meant_for_alone() -> None:
    (one,) = mapping()["filterCriteria.filters"]
    assert json.loads(one["pattern"])["eventName"] == ["INSERT"]


def test_it_reads_the_tables_stream_and_calls_the_alias() -> None:
    assert "/orders-1a2b3c4/stream/" in mapping()["eventSourceArn"]
    assert mapping()["functionName"] == "relay-1a2b3c4:live"
