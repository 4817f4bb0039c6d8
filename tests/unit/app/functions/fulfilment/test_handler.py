import json
import time
import uuid

import pytest

from app.contract.batches import SECONDS_PER_EVENT, events_within
from app.contract.events.validation import EventError
from app.functions.fulfilment import handler as entry
from app.functions.fulfilment.handler import read
from tests.support import invariants
from tests.support.services_fake import NO_SUCH_USER
from tests.support.shop import Context


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def status(shop, order):
    return next(
        item["status"] for item in shop.items("orders") if item["order_id"] == order and item["entry"] == "order"
    )


@pytest.fixture
def product(shop):
    return shop.product(stock=20)


def envelope(shop, order, **changes):
    shop.relay()
    messages = shop.sqs.receive_message(QueueUrl=shop.queue, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]
    body = next(body for each in messages if (body := json.loads(each["Body"]))["detail"]["order_id"] == order)
    return body | changes


def message(body: object, message_id: str = "m1"):
    text = body if isinstance(body, str) else json.dumps(body)
    attributes = {"ApproximateReceiveCount": "2"}
    return {"messageId": message_id, "receiptHandle": "handle", "body": text, "attributes": attributes}


@pytest.fixture
def postponed():
    """Returns a list for the failed messages: how often each was received, and whether it is unreadable."""
    return []


@pytest.fixture
def invoke(shop, monkeypatch, postponed):
    """Returns the function as the runtime calls it, but for the way to the services."""

    def call(*records, seconds: float = 28):
        monkeypatch.setattr(
            shop, "postpone", lambda _, *, receives, unreadable: postponed.append((receives, unreadable))
        )
        monkeypatch.setattr(entry, "assembled", shop.consumer)
        monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: seconds * 1000)
        answer = entry.handler({"Records": list(records)}, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return call


def test_the_request_is_found_at_every_hop(shop, product, capsys):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"x-request-id": "the-request", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert shop.order({product: 1}, headers=headers).status == 201
    shop.settle()

    told = [line for line in lines(capsys) if line["request_id"] == "the-request"]
    assert {line["trace_id"] for line in told} == {trace}
    assert [(line["service"], line.get("type")) for line in told] == [
        ("orders", None),
        ("fulfilment", "order.placed"),
        ("fulfilment", "order.confirmed"),
        ("fulfilment", "order.invoiced"),
    ]
    assert len({line["span_id"] for line in told}) == 4
    ordered, first, *_ = told
    assert (ordered["parent_id"], first["parent_id"]) == ("00f067aa0ba902b7", ordered["span_id"])
    assert {line["parent_id"] for line in told[2:]} == {first["span_id"]}, "its work made the other events"
    for call in shop.services.sent:
        assert call.headers["x-request-id"] == "the-request"
        assert call.headers["traceparent"].split("-")[1::2] == [trace, "01"]


def test_analytics_knows_every_event_and_the_amount_of_the_first(shop, product):
    order = shop.order({product: 2}).json
    shop.settle()

    events = list(shop.services.events.values())
    assert [event["type"] for event in events] == ["order.placed", "order.confirmed", "order.invoiced"]
    assert {(event["user_id"], event["attributes"]["order_id"]) for event in events} == {("alice", order["id"])}
    assert [(event.get("amount"), event.get("currency")) for event in events] == [
        ("9.00", "EUR"),
        (None, None),
        (None, None),
    ]
    assert events[0]["occurred_at"] == order["created_at"]


def test_a_message_that_comes_twice_has_the_effect_of_once(shop, product, invoke):
    order = shop.order({product: 1}).json["id"]
    twice = envelope(shop, order)

    assert invoke(message(twice), message(twice, "m2")) == []
    assert invoke(message(twice)) == []

    shop.settle()
    invariants.check(shop, {product: 20})


def test_a_refusal_for_good_fails_the_order_and_gives_the_stock_back(shop, product):
    order = shop.order({product: 3}, subject=NO_SUCH_USER).json["id"]
    shop.settle()

    path = {"orderId": order}
    shown = shop.request("GET /orders/{orderId}", path=path, subject=NO_SUCH_USER).json
    assert (shown["status"], shown["reason"]) == ("FAILED", "Billing refused the invoice (422): It can't be invoiced")
    assert shop.stock(product) == (20, 0)
    invariants.check(shop, {product: 20})


def test_orders_are_taken_while_billing_is_down_and_completed_when_it_is_back(shop, product, capsys):
    shop.services.down = {"billing"}
    orders = [shop.order({product: 1}).json["id"] for _ in range(3)]
    shop.relay()

    assert len(shop.fulfil()) == 3
    assert {status(shop, order) for order in orders} == {"CONFIRMED"}
    assert "The service billing can't be reached now" in lines(capsys)[-1]["reason"]

    shop.services.down = set()
    shop.settle()
    assert {status(shop, order) for order in orders} == {"INVOICED"}
    invariants.check(shop, {product: 20})


def test_analytics_being_down_delays_no_invoice(shop, product):
    shop.services.down = {"analytics"}
    order = shop.order({product: 1}).json["id"]
    shop.relay()

    assert len(shop.fulfil()) == 1
    assert status(shop, order) == "INVOICED"

    shop.services.down = set()
    shop.settle()
    invariants.check(shop, {product: 20})


@pytest.mark.parametrize("times", [1, 2])
def test_a_replay_of_everything_changes_nothing(shop, product, times):
    for customer in ("alice", NO_SUCH_USER):
        assert shop.order({product: 1}, subject=customer).status == 201
    cancelled = shop.order({product: 1}).json["id"]
    shop.request("POST /orders/{orderId}/cancel", path={"orderId": cancelled})
    shop.settle()
    before = [shop.items(name) for name in ("orders", "products")]
    invoices, events = dict(shop.services.invoices), dict(shop.services.events)

    for _ in range(times):
        shop.replay()
        shop.settle()

    assert [shop.items(name) for name in ("orders", "products")] == before
    assert (shop.services.invoices, shop.services.events) == (invoices, events)


POISON = {
    "no JSON": lambda _: "{",
    "no text": lambda _: "\ud800",
    "no object": lambda _: "[]",
    "no event": lambda body: body | {"detail": None},
    "a member is missing": lambda body: body | {"detail": {k: v for k, v in body["detail"].items() if k != "order_id"}},
    "another type": lambda body: body | {"detail-type": "order.cancelled"},
    "an unknown type": lambda body: body | {"detail": body["detail"] | {"type": "order.lost"}},
    "a later version": lambda body: body | {"detail": body["detail"] | {"version": 2}},
    "an unknown order": lambda body: body | {"detail": body["detail"] | {"order_id": str(uuid.uuid4())}},
}


@pytest.mark.parametrize("name", POISON)
def test_a_poison_message_fails_alone(shop, product, invoke, postponed, name, capsys):
    orders = [shop.order({product: 1}).json["id"] for _ in range(3)]
    first, middle, last = (envelope(shop, order) for order in orders)

    failed = invoke(message(first, "m1"), message(POISON[name](middle), "m2"), message(last, "m3"))

    assert failed == ["m2"]
    assert postponed == [(2, name != "an unknown order")]
    assert [status(shop, order) for order in orders] == ["INVOICED", "PENDING", "INVOICED"]
    told = next(line for line in lines(capsys) if line.get("message_id") == "m2")
    assert (told["level"], told["receives"], "reason" in told or "stack" in told) == ("ERROR", 2, True)


def test_what_there_is_no_time_for_comes_again(shop, product, invoke):
    order = shop.order({product: 1}).json["id"]
    body = envelope(shop, order)

    assert invoke(message(body), message(body, "m2"), seconds=0.4) == ["m1", "m2"]
    assert status(shop, order) == "PENDING"
    assert shop.services.sent == []


def test_a_message_that_was_left_too_little_time_is_not_begun(shop, invoke, postponed, monkeypatch, capsys):
    """It would fail for want of time, and the services would be blamed for it."""
    clock, begun = [100.0], []

    def consume(_, record, *, deadline):
        begun.append((record["messageId"], deadline - clock[0] >= SECONDS_PER_EVENT))
        clock[0] += 10.0
        return True

    monkeypatch.setattr(entry.Consumer, "consume", consume)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    assert invoke(*(message("{}", f"m{number}") for number in range(1, 6))) == ["m4", "m5"]
    assert begun == [("m1", True), ("m2", True), ("m3", True)]
    assert postponed == [(2, False)] * 2
    assert {line["message"] for line in lines(capsys)} == {"A message was not begun and comes again."}


def test_the_first_message_is_begun_with_whatever_time_there_is(shop, invoke, monkeypatch):
    """Otherwise a function with a short timeout would never do anything."""
    monkeypatch.setattr(entry.Consumer, "consume", lambda *_, **__: True)

    assert invoke(message("{}"), message("{}", "m2"), seconds=SECONDS_PER_EVENT / 2) == ["m2"]


@pytest.mark.parametrize(("timeout", "events"), [(3, 1), (6.4, 1), (12.6, 2), (28, 4), (61, 10)])
def test_a_call_gets_as_many_events_as_it_has_time_for(timeout, events):
    assert events_within(timeout) == events


def test_a_message_that_can_not_be_postponed_comes_again_all_the_same(shop, product, invoke, monkeypatch, capsys):
    shop.services.down = {"billing"}
    body = envelope(shop, shop.order({product: 1}).json["id"])
    record = message(body)
    del record["receiptHandle"]

    assert invoke(record) == ["m1"]
    assert [line["message"] for line in lines(capsys)][-2:] == ["A message could not be postponed.", "event"]


def test_reading_says_what_is_wrong_without_the_values():
    detail = {"type": "order.placed", "version": 1, "customer_id": "alice@example.com"}

    with pytest.raises(EventError) as caught:
        read(json.dumps({"detail-type": "order.placed", "detail": detail}))

    assert "order.placed.v1" in str(caught.value)
    assert "alice" not in str(caught.value)
