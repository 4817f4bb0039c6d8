"""Orders when something on their way fails: poison messages, outages, replays and a killed emulator."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from local.providers.aws.client import Aws
from tests.support.customer import INVOICED, Answer, Customer, new_key, paused, types_of_today
from tests.support.stack import Stack
from tests.support.waiting import eventually


def dead_letters(stack: Stack) -> list[dict[str, Any]]:
    """Returns the dead letters as the command for operators shows them."""
    done = stack.deliver("events dlq --stack STACK --queue fulfilment --json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.fixture
def queue(stack: Stack, aws: Aws) -> Iterator[str]:
    """Returns the URL of fulfilment's queue. Its dead-letter queue is emptied after the test."""
    assert dead_letters(stack) == []
    yield stack.outputs_of("sqs/queue:Queue", "fulfilment")["url"]
    dead = stack.outputs_of("sqs/queue:Queue", "fulfilment-dead-letters")["url"]
    aws.call("sqs", "PurgeQueue", {"QueueUrl": dead})


def test_a_poison_message_goes_to_the_dead_letters_and_the_others_of_its_batch_are_done_once(
    stack: Stack, aws: Aws, anna: Customer, queue: str
) -> None:
    """The function reports which message of a batch failed, so that it does not get the others as often as that one."""
    poison = {"source": "crosscloud.orders", "detail-type": "order.placed", "detail": {"id": str(uuid.uuid4())}}
    requests = [f"poison-{uuid.uuid4()}" for _ in range(2)]
    with paused(stack):
        aws.call("sqs", "SendMessage", {"QueueUrl": queue, "MessageBody": json.dumps(poison)})
        product = anna.product()
        orders = [anna.placed(product, X_Request_Id=request) for request in requests]
        eventually(lambda: waiting(aws, queue) >= 3, what="the orders' events in the queue")
    eventually(lambda: dead_letters(stack), what="a dead letter")
    (letter,) = dead_letters(stack)
    assert json.loads(letter["body"]) == poison
    anna.settled(*orders)
    assert set(orders) <= anna.invoices().keys()
    assert anna.stock(product) == (18, 2)
    policy = json.loads(stack.outputs_of("sqs/queue:Queue", "fulfilment")["redrivePolicy"])
    assert letter["last_try"]["tries"] == policy["maxReceiveCount"]
    assert letter["last_try"]["reason"]
    for request in requests:
        receives = [line["receives"] for line in stack.logs(request) if line["service"] == "fulfilment"]
        assert (
            max(receives) < policy["maxReceiveCount"]
        )  # more than one where a busy machine needs longer than the batch's time


def counted_in(lines: list[dict[str, Any]]) -> int:
    """Returns the number of requests that gave events to analytics, repetitions included."""
    return sum(line["service"] == "analytics" and line["message"] == "request" for line in lines)


def waiting(aws: Aws, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = aws.call("sqs", "GetQueueAttributes", {"QueueUrl": queue, "AttributeNames": names})["Attributes"]
    return sum(int(count) for count in counts.values())


# ---- what is down


def test_orders_are_taken_while_billing_is_down_and_are_complete_when_it_is_back(stack: Stack, anna: Customer) -> None:
    product, request = anna.product(), f"outage-{uuid.uuid4()}"
    with stack.frozen("billing"):
        orders = [anna.placed(product, X_Request_Id=request) for _ in range(3)]

        def failed() -> set[str]:
            lines = (line for line in stack.logs(request) if line["service"] == "fulfilment")
            return {line["order_id"] for line in lines if line["level"] != "INFO"}

        eventually(lambda: failed() == set(orders), what="a try of each order that failed")
        assert [anna.status(order) for order in orders] == ["CONFIRMED"] * 3
    anna.settled(*orders)
    assert set(orders) <= anna.invoices().keys()
    assert anna.stock(product) == (17, 3)


def test_a_replay_of_the_archive_changes_nothing_and_neither_does_a_second(stack: Stack, ben: Customer) -> None:
    since = dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()
    product, request = ben.product(), f"replay-{uuid.uuid4()}"
    orders = [ben.placed(product, X_Request_Id=request) for _ in range(3)]
    ben.settled(*orders)

    def everything() -> tuple[Any, ...]:
        known = [(ben.get(f"/orders/{order}"), ben.history(order)) for order in orders]
        return known, ben.invoices(), ben.counted(), ben.stock(product), types_of_today(ben)

    def given() -> int:
        return counted_in(stack.logs(request))

    before, events = everything(), len(orders) * len(INVOICED)
    for _ in range(2):
        count = given()  # the queue itself may give an event again on a busy machine
        assert count >= events
        done = stack.deliver(f"events replay --stack STACK --since {since}")
        assert done.code == 0, done.err
        eventually(lambda least=count + events: given() >= least, what="the replayed events")
        assert everything() == before


def test_nothing_is_lost_when_the_emulator_is_killed_in_the_middle_of_orders(stack: Stack, ben: Customer) -> None:
    """The customer repeats every request without an answer, with the same key."""
    product = ben.product(stock=30, price="0.07")
    answered: list[Answer] = []

    def order(_: int) -> str:
        key = new_key()

        def tried() -> Answer | None:
            try:
                answer = ben.order(product, Idempotency_Key=key)
            except (urllib3.exceptions.HTTPError, AssertionError):
                return None
            return answer if answer.status == 201 else None

        answer: Answer = eventually(tried, what="an answer after the kill")
        answered.append(answer)
        placed: str = answer.json()["id"]
        return placed

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(order, number) for number in range(20)]
        eventually(lambda: len(answered) >= 5, what="the first orders")
        os.kill(emulator(stack), signal.SIGKILL)
        placed = {one.result() for one in running}
    assert len(placed) == 20
    ben.settled(*placed)
    assert ben.stock(product) == (10, 20)
    assert sum(Decimal(ben.invoices()[order]["total"]) for order in placed) == Decimal("1.40")
    assert placed <= {order["id"] for order in ben.all("/orders")}
    assert dead_letters(stack) == []


def emulator(stack: Stack) -> int:
    (pid,) = [process["pid"] for process in stack.state()["processes"] if process["name"] == "emulator"]
    return int(pid)
