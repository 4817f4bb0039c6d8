import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.contract import events
from app.functions.relay.publishing import REFUSALS, NotPublishedError, Outgoing, Publisher, Unpublishable, read

SCHEMA = Path(events.__file__).with_name("order.placed.v1.json")
(DOCUMENT,) = json.loads(SCHEMA.read_text())["examples"]


def record(name="INSERT", entry="event#000001", document=DOCUMENT):
    image = {"document": {"S": json.dumps(document)}}
    return {"eventName": name, "dynamodb": {"Keys": {"order_id": {"S": "o"}, "entry": {"S": entry}}, "NewImage": image}}


class Bus:
    """PutEvents that refuses the entries whose `Detail` is in `refused`, as often as it says there."""

    def __init__(self, **refused: int) -> None:
        self.refused = refused
        self.calls: list[list[str]] = []
        self.taken: list[str] = []
        self.unpublishable: list[Unpublishable] = []
        self.code = "InternalFailure"

    def put_events(self, *, Entries):  # noqa: N803 - AWS's name
        results = []
        self.calls.append([entry["Detail"] for entry in Entries])
        for entry in Entries:
            assert entry["EventBusName"] == "bus"
            if self.refused.get(entry["Detail"], 0) > 0:
                self.refused[entry["Detail"]] -= 1
                results.append({"ErrorCode": self.code, "ErrorMessage": "no"})
            else:
                self.taken.append(entry["Detail"])
                results.append({"EventId": "x"})
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def publish(bus: Bus, *details: str, seconds: float = 5.0) -> list[float]:
    pauses: list[float] = []
    backoff = replace(REFUSALS, sleep=pauses.append, uniform=lambda _, high: high)
    publisher = Publisher(client=bus, bus="bus", backoff=backoff)
    events = [
        Outgoing(record={"of": detail}, entry={"Source": "s", "DetailType": "t", "Detail": detail}, document={})
        for detail in details
    ]
    bus.unpublishable = publisher.publish(events, deadline=time.monotonic() + seconds)
    return pauses


def test_only_new_events_are_published_as_they_were_written():
    records = [record(), record(entry="order"), record(name="MODIFY"), record(name="REMOVE")]

    entry = {"Source": "crosscloud.orders", "DetailType": "order.placed", "Detail": json.dumps(DOCUMENT)}
    assert read(records) == ([Outgoing(record=records[0], entry=entry, document=DOCUMENT)], [])


@pytest.mark.parametrize(
    "broken",
    [
        {"eventName": "INSERT", "dynamodb": {"Keys": {"entry": {"S": "event#1"}}}},
        {},
        record(document={"type": "order.placed"}),
        record(document=[]),
        record(entry=None),
        {"eventName": "INSERT", "dynamodb": None},
        {"eventName": "INSERT", "dynamodb": {"Keys": {"entry": {"S": "event#1"}}, "NewImage": {"document": {"S": 1}}}},
        None,
        "x",
    ],
)
def test_what_is_no_event_is_unpublishable_and_does_not_hold_up_the_others(broken):
    events, unpublishable = read([record(), broken, record()])

    assert len(events) == 2
    (one,) = unpublishable
    assert one.record is broken
    assert one.reason.startswith("It is no event:")


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument"])
def test_what_the_bus_never_takes_is_unpublishable_as_the_record_that_it_was(code):
    bus = Bus(b=99)
    bus.code = code

    publish(bus, "a", "b", "c")

    assert bus.taken == ["a", "c"]
    assert bus.unpublishable == [Unpublishable(record={"of": "b"}, reason=f"The bus does not take it: {code}.")]
    assert len(bus.calls) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "NotAuthorizedForSourceException"])
def test_what_may_be_taken_later_fails_the_batch(code):
    bus = Bus(b=99)
    bus.code = code

    with pytest.raises(NotPublishedError, match=code):
        publish(bus, "a", "b")


@pytest.mark.parametrize(("count", "calls"), [(0, []), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_ten_events_are_published_in_one_call(count, calls):
    bus, details = Bus(), [f"d{number}" for number in range(count)]

    publish(bus, *details)

    assert [len(call) for call in bus.calls] == calls
    assert bus.taken == details


def test_only_what_was_refused_is_sent_again_after_growing_pauses():
    bus = Bus(b=2, c=1)

    pauses = publish(bus, "a", "b", "c")

    assert bus.calls == [["a", "b", "c"], ["b", "c"], ["b"]]
    assert pauses == [0.05, 0.1]
    assert sorted(bus.taken) == ["a", "b", "c"]


def test_what_is_refused_again_and_again_is_raised():
    bus = Bus(b=99)

    with pytest.raises(NotPublishedError, match="1 events: InternalFailure"):
        publish(bus, "a", "b")

    assert len(bus.calls) == 5


def test_the_deadline_ends_the_attempts():
    bus = Bus(b=99)

    with pytest.raises(NotPublishedError):
        publish(bus, "b", seconds=0)

    assert len(bus.calls) == 1
