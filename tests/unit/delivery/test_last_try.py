"""The last try of a dead letter, in each form in which somebody has written it down."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery.dead_letters import DeadLetterQueue, Letter
from delivery.events import _line
from delivery.last_try import LastTry, last_try

ID = "75c33b93"
SENT = dt.datetime(2026, 11, 21, 14, tzinfo=dt.UTC)
EVENT = {"detail-type": "order.placed", "detail": {"order_id": "1", "request_id": "req-1"}}


@dataclass
class Logs:
    """The log of a consumer, in pages, and what it was asked."""

    pages: list[list[str]] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Logs:
        assert service == "logs"
        return self

    def get_paginator(self, operation: str) -> Logs:
        assert operation == "filter_log_events"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked = asked
        return [{"events": [{"message": text} for text in page]} for page in self.pages]


def queue(logs: Logs | None = None) -> DeadLetterQueue:
    way_back = {"queue": "https://queue", **({"log_group": "/crosscloud/local/fulfilment"} if logs else {})}
    return DeadLetterQueue(name="fulfilment", url="https://dead", way_back=way_back, events=logs)  # type: ignore[arg-type]


def letter(body: object, **attributes: str) -> Letter:
    return Letter(
        message_id=ID,
        sent=SENT,
        receives=1,
        body=body if isinstance(body, str) else json.dumps(body),
        attributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
        trace=None,
        receipt="r",
    )


def tried(receives: int, **members: Any) -> str:
    return json.dumps({"timestamp": f"14:0{receives}", "message_id": ID, "receives": receives, **members})


def test_a_queue_s_consumer_has_written_each_try_into_its_log() -> None:
    logs = Logs(
        pages=[
            [tried(1, reason="early"), "no JSON " + ID],
            [json.dumps({"message_id": "other"}), tried(2, reason="billing is down")],
        ]
    )
    found = last_try(queue(logs), letter(EVENT))
    assert found == LastTry(reason="billing is down", tries=2, at="14:02", request_id="req-1")
    assert logs.asked["filterPattern"] == f'"{ID}"'
    assert logs.asked["startTime"] == SENT.timestamp() * 1000


def test_the_last_line_of_a_stack_trace_is_a_reason() -> None:
    logs = Logs(pages=[[tried(3, stack="Traceback\n  File\nKeyError: 'user'\n", request_id="req-2")]])
    assert last_try(queue(logs), letter("no JSON")) == LastTry(
        reason="KeyError: 'user'", tries=3, at="14:03", request_id="req-2"
    )


@pytest.mark.parametrize("logs", [None, Logs()])
def test_what_the_log_has_forgotten_is_not_known(logs: Logs | None) -> None:
    assert last_try(queue(logs), letter(EVENT)) == LastTry(request_id="req-1")


@pytest.mark.parametrize(
    ("given_up", "expected"),
    [
        (
            letter({"reason": "It is no event.", "record": {"dynamodb": {"NewImage": {"request_id": {"S": "req-3"}}}}}),
            LastTry(reason="It is no event.", tries=1, request_id="req-3"),
        ),
        (
            letter(
                {
                    "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 4},
                    "responseContext": {"functionError": "Unhandled"},
                    "DDBStreamBatchInfo": {"approximateArrivalOfLastRecord": "2026-11-21T14:00:00Z"},
                }
            ),
            LastTry(reason="RetryAttemptsExhausted Unhandled", tries=4, at="2026-11-21T14:00:00Z"),
        ),
        (
            letter(EVENT, ERROR_CODE="SDK_CLIENT_ERROR", ERROR_MESSAGE="refused", RETRY_ATTEMPTS="185"),
            LastTry(reason="SDK_CLIENT_ERROR refused", tries=185, request_id="req-1"),
        ),
    ],
    ids=["relay", "Lambda", "EventBridge"],
)
def test_others_write_it_into_the_letter(given_up: Letter, expected: LastTry) -> None:
    assert last_try(queue(), given_up) == expected


def test_a_person_reads_it_below_the_letter() -> None:
    first, second = _line(
        queue(), letter(EVENT), LastTry(reason="down", tries=2, at="14:02", request_id="r")
    ).splitlines()
    assert first.startswith(f"fulfilment {ID} 2026-11-21 14:00:00 order.placed ")
    assert second == "  2 tries, the last at 14:02, request r: down"
    assert _line(queue(), letter("x"), LastTry()).endswith("\n  tries not known: no reason is in its log any more")
    assert _line(queue(), letter("x"), LastTry(asked=False)).endswith(": the log is asked for 25 letters a queue")


def test_the_log_is_left_alone_where_it_is_not_to_be_asked() -> None:
    logs = Logs(pages=[[tried(1, reason="early")]])
    assert last_try(queue(logs), letter(EVENT), ask=False) == LastTry(request_id="req-1", asked=False)
    assert logs.asked == {}


def test_a_log_that_can_not_be_read_hides_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "FilterLogEvents")

    logs = Logs()
    monkeypatch.setattr(logs, "paginate", refuse)
    found = last_try(queue(logs), letter(EVENT))
    assert found.reason is not None
    assert found.reason.startswith("The log can't be read: ")
    assert found.request_id == "req-1"
