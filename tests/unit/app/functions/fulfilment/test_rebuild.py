"""Analytics' counts are rebuilt from the archive by the command of the runbook, with the real analytics and database.

The archive, its replay and the queue are those of the emulator; the function is called in this process.
"""

import contextlib
import io
import itertools
import json
import time
from functools import partial
from types import SimpleNamespace

import pytest

from app.contract.events.types import REBUILD
from components.aws.event_bus import NO_REBUILD, ONLY_REBUILD
from delivery import rebuilds
from delivery.commands import DeliveryError
from delivery.rebuilds import Rebuild, described
from delivery.stack_events import StackEvents
from tests.support import databases, roll_ups
from tests.support.faults import MOMENTS, Crash, Faults
from tests.support.system import real_services

CUSTOMERS = (f"c{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with real_services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def rows(services):
    return partial(databases.rows, databases.owner_url(services.urls["analytics"]))


@pytest.fixture
def shop(shop, services, monkeypatch):
    """A shop whose bus has an archive, with the rules of the program."""
    monkeypatch.setattr(shop, "services", services)
    monkeypatch.setattr(rebuilds, "AT_ONCE", 1)  # so that the effects have an order
    monkeypatch.setattr(rebuilds, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(rebuilds, "WAIT_SECONDS", 0)  # the emulator has one server
    bus = shop.names["bus"]
    arn = shop.bus.describe_event_bus(Name=bus)["Arn"]
    shop.bus.create_archive(ArchiveName=bus, EventSourceArn=arn)
    url = shop.sqs.create_queue(QueueName=f"rebuild-{bus}")["QueueUrl"]
    to = shop.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for name, replays in ((bus, NO_REBUILD), (f"rebuild-{bus}", ONLY_REBUILD)):
        pattern = json.dumps({"source": ["crosscloud.orders"], "replay-name": replays})
        shop.bus.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    shop.bus.put_targets(Rule=f"rebuild-{bus}", EventBusName=bus, Targets=[{"Id": "queue", "Arn": to}])
    shop.stack = StackEvents(
        exported={
            "bus": arn,
            "archive": shop.bus.describe_archive(ArchiveName=bus)["ArchiveArn"],
            "rebuild": {"queue": url, "function": "fulfilment:live"},
        },
        access={},
    )
    return shop


class Function:
    """Lambda, as far as the command uses it, with the function itself."""

    exceptions = SimpleNamespace()

    def __init__(self, shop, calls):
        self._shop, self._calls = shop, calls

    def invoke(self, **request):
        assert request["FunctionName"] == "fulfilment:live"
        step = json.loads(request["Payload"])["rebuild"]
        self._calls.append(step["path"])
        answer = self._shop.consumer().rebuild(step, deadline=time.monotonic() + 20)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def rebuild(shop, monkeypatch, *, faults=None, calls=None, **options):
    """Runs a rebuild, whose calls `faults` may break."""
    clients = {"sqs": shop.sqs, "events": shop.bus, "lambda": Function(shop, calls if calls is not None else [])}
    wrapped = {name: faults.client(client) if faults else client for name, client in clients.items()}
    monkeypatch.setattr(StackEvents, "client", lambda _, name: wrapped[name])
    work = Rebuild(events=shop.stack, **options)
    return work, work.run()


def orders(shop, count):
    """Places orders, and lets them be fulfilled. Their events are in the archive and in the database."""
    customer, product = next(CUSTOMERS), shop.product(stock=1000, price="0.35")
    for _ in range(count):
        assert shop.order({product: 2}, subject=customer).status == 201
    shop.settle()


def lost(shop):
    """Places an order whose event is in the archive, and which analytics never hears of. Returns the order's id."""
    order = shop.order({shop.product(): 1}, subject=next(CUSTOMERS)).json["id"]
    shop.relay()
    for message in shop.sqs.receive_message(QueueUrl=shop.queue, MaxNumberOfMessages=10)["Messages"]:
        shop.sqs.delete_message(QueueUrl=shop.queue, ReceiptHandle=message["ReceiptHandle"])
    return order


def shown(services):
    """Returns the number of events that the summary of all days tells."""
    return services.clients["analytics"]("GET", "/analytics/summary?from=2026-01-01&to=2099-12-31").json["events"]


def test_lost_events_come_back_and_wrong_counts_are_found_and_replaced(shop, services, rows, monkeypatch):
    """Nobody else hears of it: neither billing nor customers are told anything twice."""
    orders(shop, 3)
    order = lost(shop)
    rows("update daily_totals set events = events + 7 where type = 'order.placed'")
    work, said = rebuild(shop, monkeypatch)

    assert (said["archived"], said["restored"], said["contradicting"], said["switched"]) == (10, 1, 0, True)
    assert {each["type"] for each in said["differences"]} == {"order.placed"}
    assert rows("select type from events where attributes->>'order_id' = $1", order)[0][0] == "order.placed"
    roll_ups.check(rows)
    assert shop.waiting() == 0, "the live rule heard of the rebuild"
    assert "Summaries read the new counts." in described(said, work.unreadable)
    again = rebuild(shop, monkeypatch)[1]
    assert (again["archived"], again["restored"], again["different"], again["switched"]) == (10, 0, 0, True)


def test_killed_between_any_two_of_its_effects_nothing_is_lost_or_doubled(shop, services, rows, monkeypatch):
    """And whatever was done by then, summaries tell what they told before, with what was found since, or the truth."""
    orders(shop, 2)
    faults = Faults()
    rebuild(shop, monkeypatch, faults=faults)
    assert len(faults.calls) > 12
    for effect, moment in itertools.product(range(len(faults.calls)), MOMENTS):
        lost(shop)
        rows("update daily_totals set events = events + 1 where type = 'order.confirmed'")
        wrong, right = shown(services), rows("select count(*) from events")[0][0] + 1
        with contextlib.suppress(Crash, Exception):
            rebuild(shop, monkeypatch, faults=Faults(at=(effect, moment)))
        assert shown(services) in (wrong, wrong + 1, right), (effect, moment)

        said = rebuild(shop, monkeypatch)[1]

        assert said["switched"], (effect, moment)
        assert shown(services) == right
        roll_ups.check(rows)
    assert rows("select count(*) from counted_events")[0][0] == 0
    assert len(rows("select distinct model from daily_totals")) == 1


def test_what_is_no_event_stays_in_the_queue_and_stops_nothing(shop, rows, monkeypatch):
    orders(shop, 1)
    shop.sqs.send_message(QueueUrl=shop.stack.exported["rebuild"]["queue"], MessageBody="{}")
    work, said = rebuild(shop, monkeypatch)

    assert said["switched"]
    assert len(work.unreadable) == 1
    assert "is no event and stays in the queue" in described(said, work.unreadable)
    roll_ups.check(rows)


def test_counts_are_only_compared_when_that_is_wished(shop, rows, monkeypatch):
    orders(shop, 1)
    rows("update daily_totals set events = events + 1 where type = 'order.placed'")
    said = rebuild(shop, monkeypatch, compare_only=True)[1]

    assert said["different"] >= 1
    assert not said["switched"]
    assert rows("select count(*) from models where state = 'building'")[0][0] == 0
    assert rebuild(shop, monkeypatch)[1]["switched"]
    roll_ups.check(rows)


def test_a_replay_that_stands_still_is_given_up(shop, monkeypatch):
    monkeypatch.setattr(rebuilds.replays, "has_ended", lambda *_: False)
    moments = itertools.count(step=400.0)
    with pytest.raises(DeliveryError, match="has given nothing for 900 s"):
        rebuild(shop, monkeypatch, clock=lambda: next(moments))


def test_a_refusal_and_an_outage_are_named(shop, services, monkeypatch):
    monkeypatch.setattr(rebuilds.replays, "new_name", lambda _: f"{REBUILD}once")
    rebuild(shop, monkeypatch)
    with pytest.raises(DeliveryError, match="Analytics refuses the rebuild rebuild-once: There was a model"):
        rebuild(shop, monkeypatch, name=f"{REBUILD}once")
