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


BROKEN = {"eventName": "INSERT", "dynamodb": {"Keys": {"entry": {"S": "event#000001"}}, "NewImage": {}}}


class Bus:
    """A bus that never takes the first event of a call, after `away` calls that it does not take at all."""

    def __init__(self, client, away: int = 0) -> None:
        self._client = client
        self._away = away

    def put_events(self, *, Entries):  # noqa: N803 - AWS's name
        if self._away:
            self._away -= 1
            raise RuntimeError("no bus")
        taken = self._client.put_events(Entries=Entries[1:])["Entries"] if Entries[1:] else []
        return {"Entries": [{"ErrorCode": "MalformedDetail"}, *taken]}


def letters(shop) -> list[dict]:
    url = os.environ["DEAD_LETTER_QUEUE_URL"]
    answer = shop.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def playing(monkeypatch, bus) -> None:
    client = entry.aws.client
    monkeypatch.setattr(entry.aws, "client", lambda name, env: bus if name == "events" else client(name, env))


def test_a_bad_record_is_put_aside_once_however_often_its_batch_fails(shop, records, monkeypatch):
    playing(monkeypatch, Bus(shop.bus, away=3))
    for _ in range(3):
        with pytest.raises(RuntimeError, match="no bus"):
            entry.handler({"Records": [BROKEN, *records]}, Context())
        assert letters(shop) == []

    entry.handler({"Records": [BROKEN, *records]}, Context())

    assert [letter["record"]["dynamodb"]["NewImage"] == {} for letter in letters(shop)] == [True, False]


def test_what_the_bus_never_takes_is_not_logged_as_published_and_is_put_aside_as_its_record(
    shop, records, monkeypatch, capsys
):
    playing(monkeypatch, Bus(shop.bus))
    capsys.readouterr()

    entry.handler({"Records": records}, Context())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    published = [line["order_id"] for line in lines if line["message"] == "published"]
    first, second = (each for each in records if each["dynamodb"]["Keys"]["entry"]["S"].startswith("event#"))
    assert published == [second["dynamodb"]["Keys"]["order_id"]["S"]]
    (letter,) = letters(shop)
    assert letter == {
        "reason": "The bus does not take it: MalformedDetail.",
        "record": json.loads(json.dumps(first, default=str)),
    }


def test_a_dead_letter_is_published_when_it_is_given_again_and_its_cause_is_mended(shop, records, monkeypatch):
    playing(monkeypatch, Bus(shop.bus))
    entry.handler({"Records": records}, Context())
    (letter,) = letters(shop)
    playing(monkeypatch, shop.bus)
    entry.assembled.cache_clear()

    entry.handler({"Records": [letter["record"]], "redriven": True}, Context())

    assert shop.waiting() == 2
    assert len(letters(shop)) == 1, "whoever redrives it deletes it"


def test_a_dead_letter_that_still_can_not_be_published_fails_the_call_and_is_not_put_aside_again(shop, records, capsys):
    with pytest.raises(entry.UnpublishableError, match="It is no event: KeyError"):
        entry.handler({"Records": [BROKEN, *records], "redriven": True}, Context())

    assert letters(shop) == []
    assert shop.waiting() == 2
    assert "it stays a dead letter" in capsys.readouterr().out


def test_a_missing_setting_fails_the_invocation(monkeypatch):
    monkeypatch.delenv("EVENT_BUS", raising=False)

    with pytest.raises(SettingsError, match="EVENT_BUS must name the event bus"):
        entry.handler({"Records": []}, Context())
