import json
import os

import pytest

from app.functions.kit.environment import SettingsError
from app.functions.relay import handler as entry
from tests.support.shop import Context


@pytest.fixture(autouse=True)
def fresh():
    entry.assembled.cache_clear()
    yield
    entry.assembled.cache_clear()


@pytest.fixture
def records(shop, monkeypatch):
    monkeypatch.setenv("EVENT_BUS", shop.names["bus"])
    letters = shop.sqs.create_queue(QueueName=f"{shop.names['bus']}-letters")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", letters)
    for _ in range(2):
        assert shop.order({shop.product(): 1}, headers={"x-request-id": "request-1"}).status == 201
    shop._read_stream()
    return shop.records


def test_the_stream_arrives_on_the_bus(shop, records, capsys):
    capsys.readouterr()
    entry.handler({"Records": records}, Context())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["message"], line["type"], line["request_id"]) for line in lines] == [
        ("published", "order.placed", "request-1")
    ] * 2
    assert shop.waiting() == 2
    message = shop.sqs.receive_message(QueueUrl=shop.queue)["Messages"][0]
    body = json.loads(message["Body"])
    assert (body["source"], body["detail-type"]) == ("crosscloud.orders", "order.placed")
    assert body["detail"]["request_id"] == "request-1"
    assert body["detail"]["traceparent"].split("-")[1] in {line["trace_id"] for line in lines}


def test_what_is_no_event_goes_to_the_dead_letters_and_the_others_to_the_bus(shop, records, capsys):
    broken = {"eventName": "INSERT", "dynamodb": {"Keys": {"entry": {"S": "event#000001"}}, "NewImage": {}}}

    entry.handler({"Records": [records[0], broken, *records[1:]]}, Context())

    (letter,) = shop.sqs.receive_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"])["Messages"]
    assert json.loads(letter["Body"]) == {"reason": "It is no event: KeyError('document').", "record": broken}
    assert shop.waiting() == 2
    assert '"message":"An event was sent to the dead-letter queue."' in capsys.readouterr().out


def test_a_bus_that_takes_nothing_fails_the_invocation(shop, records, monkeypatch, capsys):
    monkeypatch.setattr(entry.aws, "client", lambda *_: Refusing())

    with pytest.raises(RuntimeError, match="no bus"):
        entry.handler({"Records": records}, Context())

    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["level"], line["reason"]) == ("ERROR", "no bus")


class Refusing:
    def put_events(self, **_):
        raise RuntimeError("no bus")


def test_a_missing_setting_fails_the_invocation(monkeypatch):
    monkeypatch.delenv("EVENT_BUS", raising=False)

    with pytest.raises(SettingsError, match="EVENT_BUS must name the event bus"):
        entry.handler({"Records": []}, Context())
