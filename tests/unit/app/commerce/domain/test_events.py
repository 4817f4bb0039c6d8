import json
from dataclasses import replace

import pytest

from app.commerce.domain.events import TYPES, Event, event_of_state
from app.commerce.domain.orders import Line, Order, Status
from app.contract.correlation import accept
from app.contract.events.validation import checked

ORDER = Order(
    id="0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10",
    customer_id="alice",
    status=Status.PENDING,
    version=1,
    currency="EUR",
    lines=(Line(product_id="pen", quantity=3, unit_price=35),),
    created_at="2026-11-02T09:30:00.000000Z",
    updated_at="2026-11-02T09:30:00.000000Z",
)
CAUSE = accept("7f9c2ba4e88f827d", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def event(status: Status, **changes) -> Event:
    return event_of_state(replace(ORDER, status=status, **changes), CAUSE)


@pytest.mark.parametrize(
    ("status", "changes", "data"),
    [
        (
            Status.PENDING,
            {},
            {
                "currency": "EUR",
                "total": "1.05",
                "items": [{"product_id": "pen", "quantity": 3, "unit_price": "0.35", "total": "1.05"}],
            },
        ),
        (Status.CONFIRMED, {}, {}),
        (
            Status.INVOICED,
            {"invoice_id": "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f"},
            {"invoice_id": "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f"},
        ),
        (Status.CANCELLED, {}, {}),
        (Status.FAILED, {"reason": "No."}, {"reason": "No."}),
    ],
)
def test_each_state_is_published_as_its_schema_says(status, changes, data):
    document = json.loads(json.dumps(event(status, **changes).document()))

    assert checked(document)["data"] == data
    assert document["type"] == TYPES[status]
    assert document["traceparent"] == CAUSE.traceparent


def test_the_id_follows_from_the_order_and_its_version():
    assert event(Status.PENDING).id == event(Status.PENDING).id
    assert event(Status.PENDING).id != event(Status.CONFIRMED, version=2).id
    assert event(Status.PENDING).id != event(Status.PENDING, id="1d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10").id


def test_a_member_of_a_later_edition_is_left_out():
    told = event(Status.CONFIRMED)

    assert Event.of(checked(told.document() | {"channel": "web"})) == told
