"""Products and orders as a customer has them, and what becomes of orders when something on their way fails.

Who is refused for now (429) asks again; who is told that the data can't be reached (503), if the request has an
Idempotency-Key or only reads: as any client may. Nothing else is tried again unless a test says so.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from local.providers.aws.client import Aws, connect
from tests.support.contract import all_scopes
from tests.support.stack import Stack, eventually, problem

Answer = urllib3.BaseHTTPResponse
PATIENCE = 90
"""Seconds; a message that a killed call had is seen again after 30."""
INVOICED = ["order.placed", "order.confirmed", "order.invoiced"]
CANCELLED = ["order.placed", "order.cancelled"]


class Customer:
    def __init__(self, stack: Stack, name: str) -> None:
        self.name, self.token, self._stack = name, stack.token(sub=name, scope=all_scopes()), stack

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        later = {429, 503} if method == "GET" or "Idempotency-Key" in sent else {429}

        def answered() -> Answer | None:
            answer = self._stack.request(method, path, token=self.token, json_body=body, headers=sent)
            if answer.status not in later:
                return answer
            # As it asks for, or else 50 clients keep the machine from recovering.
            time.sleep(min(float(answer.headers.get("retry-after", 0)), 2))
            return None

        answer: Answer = eventually(answered, timeout=PATIENCE, what=f"an answer to {method} {path}")
        return answer

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.data
        return answer.json()

    def all(self, path: str) -> list[dict[str, Any]]:
        """Everything on the pages of a list."""
        found, cursor = [], ""
        while True:
            page = self.get(f"{path}?limit=100{cursor}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    # ---- products

    def product(self, *, stock: int = 20, price: str = "4.55") -> str:
        """The id of a new one."""
        body = {"name": "Notebook", "price": price, "currency": "EUR", "stock": stock}
        answer = self.ask("POST", "/products", body)
        assert answer.status == 201, answer.data
        product: str = answer.json()["id"]
        return product

    def stock(self, product: str) -> tuple[int, int]:
        """What is there, and what orders hold."""
        shown = self.get(f"/products/{product}")
        return shown["stock"], shown["reserved"]

    # ---- orders

    def order(self, product: str, quantity: int = 1, **headers: str) -> Answer:
        return self.ask("POST", "/orders", {"items": [{"product_id": product, "quantity": quantity}]}, **headers)

    def placed(self, product: str, quantity: int = 1, **headers: str) -> str:
        """The id of a new order."""
        answer = self.order(product, quantity, **headers)
        assert answer.status == 201, answer.data
        order: str = answer.json()["id"]
        return order

    def status(self, order: str) -> str:
        status: str = self.get(f"/orders/{order}")["status"]
        return status

    def history(self, order: str) -> list[str]:
        return [event["type"] for event in self.get(f"/orders/{order}/events")["items"]]

    def invoices(self) -> dict[str, dict[str, Any]]:
        """By order."""
        found = self.all(f"/users/{self.name}/invoices")
        by_order = {invoice["order_id"]: invoice for invoice in found}
        assert len(by_order) == len(found), "an order has two invoices"
        return by_order

    def counted(self) -> Counter[str]:
        """Types of the events that analytics knows, by order: `order.placed 0d1f...`."""
        return Counter(f"{event['type']} {event['attributes']['order_id']}" for event in self._activity())

    def settled(self, *orders: str, outcome: str = "INVOICED") -> None:
        """Waits until each order is where it should be, and analytics knows of it."""
        events = INVOICED if outcome == "INVOICED" else CANCELLED
        missing = {f"{event} {order}" for order in orders for event in events}

        def known() -> bool:
            return missing <= self.counted().keys()

        eventually(known, timeout=PATIENCE, what=f"everything about {len(orders)} orders in analytics")
        for order in orders:
            assert (self.status(order), self.history(order)) == (outcome, events)
            assert all(self.counted()[f"{event} {order}"] == 1 for event in events)

    def _activity(self) -> list[dict[str, Any]]:
        return self.all(f"/users/{self.name}/activity")


@pytest.fixture(scope="module")
def anna(stack: Stack) -> Customer:
    return Customer(stack, f"anna-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def ben(stack: Stack) -> Customer:
    return Customer(stack, f"ben-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def aws(stack: Stack) -> Aws:
    return connect(stack.machine)


def together(count: int, do: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(do, range(count)))


def new_key() -> str:
    return f"key-{uuid.uuid4()}"


# ---- one order


def test_an_order_becomes_an_invoice_and_is_in_the_logs_of_all_hops(stack: Stack, anna: Customer) -> None:
    product = anna.product(price="4.55")
    before = types_of_today(anna)
    trace, request = uuid.uuid4().hex, f"order-{uuid.uuid4()}"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X_Request_Id": request}
    placed = anna.order(product, 3, **headers)
    assert (placed.status, placed.json()["status"], placed.json()["total"]) == (201, "PENDING", "13.65")
    order = placed.json()["id"]
    assert placed.headers["location"] == f"/orders/{order}"
    assert anna.stock(product) == (17, 3)

    anna.settled(order)
    shown = anna.get(f"/orders/{order}")
    invoice = anna.get(f"/invoices/{shown['invoice_id']}")
    assert (invoice["order_id"], invoice["user_id"], invoice["total"]) == (order, anna.name, "13.65")
    assert anna.invoices()[order] == invoice
    assert types_of_today(anna) - before == Counter(INVOICED)

    def requests() -> Counter[str]:
        return Counter(line["service"] for line in stack.logs(request) if line["message"] == "request")

    eventually(lambda: requests() == REQUESTS, what="a line of every request")
    lines = [line for line in stack.logs(request) if line["message"] in ("request", "published", "event")]
    assert {line["service"] for line in lines} == {*REQUESTS, "relay", "fulfilment"}
    assert {line.get("trace_id") or line["traceparent"].split("-")[1] for line in lines} == {trace}


REQUESTS = Counter(gateway=1, orders=1, ingress=4, billing=1, analytics=3)
"""Three events, each counted, and one of them invoiced."""


def test_customers_can_be_told_what_becomes_of_an_order(stack: Stack, aws: Aws, anna: Customer) -> None:
    """By whatever subscribes to the topic; here it is a queue."""
    topic = stack.outputs_of("sns/topic:Topic", "order-notices")["arn"]
    inbox = aws.call("sqs", "CreateQueue", {"QueueName": f"inbox-{uuid.uuid4().hex}"})["QueueUrl"]
    asked = {"QueueUrl": inbox, "AttributeNames": ["QueueArn"]}
    arn = aws.call("sqs", "GetQueueAttributes", asked)["Attributes"]["QueueArn"]
    aws.call("sqs", "SetQueueAttributes", {"QueueUrl": inbox, "Attributes": {"Policy": admitting(topic, arn)}})
    subscription = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn, "Attributes": {"RawMessageDelivery": "true"}}
    subscribed = aws.call("sns", "Subscribe", subscription)["SubscriptionArn"]
    try:
        order, told = anna.placed(anna.product()), set[str]()

        def received() -> bool:
            asked = {"QueueUrl": inbox, "MaxNumberOfMessages": 10}
            for message in aws.call("sqs", "ReceiveMessage", asked).get("Messages", []):
                event = json.loads(message["Body"])
                if event["detail"]["order_id"] == order:
                    told.add(event["detail-type"])
            return "order.invoiced" in told

        eventually(received, what="the notice of the invoice")
        assert told == {"order.placed", "order.invoiced"}
    finally:
        aws.call("sns", "Unsubscribe", {"SubscriptionArn": subscribed})
        aws.call("sqs", "DeleteQueue", {"QueueUrl": inbox})


def admitting(topic: str, queue: str) -> str:
    """The policy of a queue into which the topic may put messages."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


def types_of_today(customer: Customer) -> Counter[str]:
    today = dt.datetime.now(dt.UTC).date()
    found = customer.get(f"/analytics/summary?from={today}&to={today}")
    return Counter({one["type"]: one["count"] for one in found["by_type"] if one["type"].startswith("order.")})


# ---- many orders


def test_of_50_orders_at_once_for_20_items_20_are_placed_and_invoiced(stack: Stack) -> None:
    carla = Customer(stack, f"carla-{uuid.uuid4().hex[:8]}")
    product = carla.product(stock=20, price="3.33")
    answers = together(50, lambda _: carla.order(product, Idempotency_Key=new_key()))
    assert Counter(answer.status for answer in answers) == {201: 20, 409: 30}
    for answer in answers:
        if answer.status == 409:
            assert [error["pointer"] for error in problem(answer)["errors"]] == ["/items/0/quantity"]
    assert carla.stock(product) == (0, 20)
    orders = [answer.json()["id"] for answer in answers if answer.status == 201]
    assert len(set(orders)) == 20
    carla.settled(*orders)
    assert carla.stock(product) == (0, 20)
    invoices = carla.invoices()
    assert invoices.keys() == set(orders)
    assert sum(Decimal(invoice["total"]) for invoice in invoices.values()) == Decimal("66.60")
    assert {order["id"] for order in carla.all("/orders")} == set(orders)


# ---- the same request again


def test_a_repeated_request_has_the_first_s_answer_and_no_other_effect(anna: Customer) -> None:
    product, key = anna.product(stock=20), new_key()
    first = anna.order(product, 2, Idempotency_Key=key)
    again = anna.order(product, 2, Idempotency_Key=key)
    for name in ("location", "etag"):
        assert first.headers[name] == again.headers[name]
    assert (first.status, first.data) == (again.status, again.data)
    other = anna.order(product, 3, Idempotency_Key=key)
    assert (other.status, problem(other)["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert anna.stock(product) == (18, 2)


def test_8_requests_with_one_key_at_once_place_one_order(anna: Customer) -> None:
    product, key = anna.product(stock=20), new_key()
    answers = together(8, lambda _: anna.order(product, 2, Idempotency_Key=key))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert anna.stock(product) == (18, 2)


# ---- cancelling, and whose order it is


@contextmanager
def paused(stack: Stack, aws: Aws) -> Iterator[None]:
    """Nobody takes messages out of the queue, as in the runbook."""
    mapping = stack.outputs_of("eventSourceMapping:EventSourceMapping", "fulfilment")["uuid"]
    switch = {"UUID": mapping}
    aws.call("lambda", "UpdateEventSourceMapping", {**switch, "Enabled": False})
    try:
        yield
    finally:
        aws.call("lambda", "UpdateEventSourceMapping", {**switch, "Enabled": True})


def test_a_cancelled_order_gives_its_stock_back_once_and_is_not_invoiced(
    stack: Stack, aws: Aws, anna: Customer
) -> None:
    product = anna.product(stock=20)
    with paused(stack, aws):
        order = anna.placed(product, 5)
        assert anna.stock(product) == (15, 5)
        answers = together(5, lambda _: anna.ask("POST", f"/orders/{order}/cancel"))
        assert [(answer.status, answer.json()["status"]) for answer in answers] == [(200, "CANCELLED")] * 5
        assert anna.stock(product) == (20, 0)
    anna.settled(order, outcome="CANCELLED")
    assert anna.stock(product) == (20, 0)
    assert order not in anna.invoices()


def test_what_is_confirmed_can_not_be_cancelled(anna: Customer) -> None:
    product = anna.product(stock=20)
    order = anna.placed(product, 5)
    anna.settled(order)
    answer = anna.ask("POST", f"/orders/{order}/cancel")
    assert (answer.status, problem(answer)["type"]) == (409, "tag:crosscloud,2026:conflict")
    assert (anna.status(order), anna.stock(product)) == ("INVOICED", (15, 5))


def test_nobody_learns_of_another_s_order(anna: Customer, ben: Customer) -> None:
    order = anna.placed(anna.product())
    nothing = str(uuid.uuid4())
    for id_ in (order, nothing):
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
            answer = ben.ask(method, f"/orders/{id_}{path}")
            assert (answer.status, problem(answer)["detail"]) == (404, "You have no order with this id.")
    assert ben.all("/orders") == []


# ---- dead letters


def dead_letters(stack: Stack) -> list[dict[str, Any]]:
    """What an operator is shown."""
    done = stack.run("events", "dlq", "--queue", "fulfilment-dead-letters", "--json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.fixture
def queue(stack: Stack, aws: Aws) -> Iterator[str]:
    """The URL of fulfilment's queue. What is left in its dead-letter queue goes with the test."""
    assert dead_letters(stack) == []
    yield stack.outputs_of("sqs/queue:Queue", "fulfilment")["url"]
    dead = stack.outputs_of("sqs/queue:Queue", "fulfilment-dead-letters")["url"]
    aws.call("sqs", "PurgeQueue", {"QueueUrl": dead})


def test_a_poison_message_goes_to_the_dead_letters_and_the_others_of_its_batch_are_done_once(
    stack: Stack, aws: Aws, anna: Customer, queue: str
) -> None:
    poison = {"source": "crosscloud.orders", "detail-type": "order.placed", "detail": {"id": str(uuid.uuid4())}}
    requests = [f"poison-{uuid.uuid4()}" for _ in range(2)]
    with paused(stack, aws):
        aws.call("sqs", "SendMessage", {"QueueUrl": queue, "MessageBody": json.dumps(poison)})
        product = anna.product()
        orders = [anna.placed(product, X_Request_Id=request) for request in requests]
        eventually(lambda: waiting(aws, queue) >= 3, what="the orders' events in the queue")
    anna.settled(*orders)
    eventually(lambda: dead_letters(stack), timeout=PATIENCE, what="a dead letter")
    assert [json.loads(one["body"]) for one in dead_letters(stack)] == [poison]
    for request in requests:
        lines = stack.logs(request)
        assert {line["receives"] for line in lines if line["service"] == "fulfilment"} == {1}
        assert counted_in(lines) == 3


def counted_in(lines: list[dict[str, Any]]) -> int:
    """Events that were given to analytics, however often each."""
    return sum(line["service"] == "analytics" and line["message"] == "request" for line in lines)


def waiting(aws: Aws, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws.call("sqs", "GetQueueAttributes", {"QueueUrl": queue, "AttributeNames": names})["Attributes"]
    return sum(int(value) for value in found.values())


def test_what_was_given_up_is_completed_by_a_redrive(stack: Stack, aws: Aws, anna: Customer, queue: str) -> None:
    product = anna.product()
    with paused(stack, aws):
        order = anna.placed(product)
        eventually(lambda: waiting(aws, queue), what="the order's event in the queue")
        taken = {"QueueUrl": queue, "VisibilityTimeout": 0, "WaitTimeSeconds": 0}

        def given_up() -> list[dict[str, Any]]:
            """As by a consumer that fails at once, whatever it gets."""
            while aws.call("sqs", "ReceiveMessage", taken).get("Messages"):
                continue
            return dead_letters(stack)

        (found,) = eventually(given_up, what="the event among the dead letters")
    assert json.loads(found["body"])["detail"]["order_id"] == order
    assert anna.status(order) == "PENDING"
    shown = stack.run("events", "dlq").out
    assert f"order.placed {json.dumps(json.loads(found['body'])['detail'])}" in shown
    done = stack.run("events", "redrive", "--message", found["message_id"])
    assert (done.code, done.out.startswith("1 from fulfilment-dead-letters")) == (0, True), done.err
    anna.settled(order)
    assert dead_letters(stack) == []


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
    assert given() == events
    for times in (2, 3):
        done = stack.run("events", "replay", "--since", since)
        assert done.code == 0, done.err
        eventually(lambda wanted=times * events: given() >= wanted, timeout=PATIENCE, what="the replayed events")
        assert everything() == before


def test_nothing_is_lost_when_the_emulator_is_killed_in_the_middle_of_orders(stack: Stack, ben: Customer) -> None:
    """The customer repeats with the same key what was not answered."""
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

        answer: Answer = eventually(tried, timeout=PATIENCE, what="an answer after the kill")
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
    (found,) = [process["pid"] for process in stack.status()["processes"] if process["name"] == "emulator"]
    return int(found)
