"""Products and orders as a customer uses them."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from local.providers.aws.client import Aws
from tests.support.customer import INVOICED, Answer, Customer, new_key, paused, types_of_today
from tests.support.stack import Stack, problem
from tests.support.waiting import eventually


def together(count: int, do: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(do, range(count)))


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
"""Requests by service: three events are counted in analytics, and one of them is invoiced."""


def test_a_subscriber_gets_what_becomes_of_an_order(stack: Stack, aws: Aws, anna: Customer) -> None:
    """A queue stands for whatever subscribes to the topic."""
    topic = stack.outputs_of("sns/topic:Topic", "order-notices")["arn"]
    inbox = aws.call("sqs", "CreateQueue", {"QueueName": f"inbox-{uuid.uuid4().hex}"})["QueueUrl"]
    query = {"QueueUrl": inbox, "AttributeNames": ["QueueArn"]}
    arn = aws.call("sqs", "GetQueueAttributes", query)["Attributes"]["QueueArn"]
    aws.call("sqs", "SetQueueAttributes", {"QueueUrl": inbox, "Attributes": {"Policy": admitting(topic, arn)}})
    subscription = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn, "Attributes": {"RawMessageDelivery": "true"}}
    subscribed = aws.call("sns", "Subscribe", subscription)["SubscriptionArn"]
    try:
        order, notices = anna.placed(anna.product()), set[str]()

        def received() -> bool:
            query = {"QueueUrl": inbox, "MaxNumberOfMessages": 10}
            for message in aws.call("sqs", "ReceiveMessage", query).get("Messages", []):
                event = json.loads(message["Body"])
                if event["detail"]["order_id"] == order:
                    notices.add(event["detail-type"])
            return "order.invoiced" in notices

        eventually(received, what="the notice of the invoice")
        assert notices == {"order.placed", "order.invoiced"}
    finally:
        aws.call("sns", "Unsubscribe", {"SubscriptionArn": subscribed})
        aws.call("sqs", "DeleteQueue", {"QueueUrl": inbox})


def admitting(topic: str, queue: str) -> str:
    """Returns a policy by which the topic may put messages into the queue."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


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


def test_a_cancelled_order_gives_its_stock_back_once_and_is_not_invoiced(
    stack: Stack, aws: Aws, anna: Customer
) -> None:
    product = anna.product(stock=20)
    with paused(stack):
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
