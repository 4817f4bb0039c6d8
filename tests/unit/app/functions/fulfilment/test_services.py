import json

import pytest

from app.commerce.domain.orders import Line, Order, Status
from app.contract.correlation import accept
from app.functions.fulfilment.services import Invoice, Refusal, Services
from app.functions.kit.upstream import Answer, Call, UpstreamError

ORDER = Order(
    id="0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10",
    customer_id="alice",
    status=Status.CONFIRMED,
    version=2,
    currency="EUR",
    lines=(Line(product_id="pen", quantity=3, unit_price=35), Line(product_id="ink", quantity=1, unit_price=1000)),
    created_at="2026-11-02T09:30:00.000000Z",
    updated_at="2026-11-02T09:30:00.000000Z",
)
SHOWN = {"id": "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f", "order_id": ORDER.id, "total": "11.05"}
CAUSE = accept("7f9c2ba4e88f827d", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def asked(status: int, body: object, media_type: str = "application/json"):
    """Returns the outcome of the order's invoice for this answer of billing, and the call that billing got."""
    calls: list[Call] = []

    def send(call: Call) -> Answer:
        calls.append(call)
        assert status in call.answers, "the ingress raises for others"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(status=status, headers={"content-type": media_type}, body=raw)

    services = Services(send=send, correlation=CAUSE, deadline=1.0)
    return services.invoice(ORDER, key="event-1"), calls[0]


@pytest.mark.parametrize("status", [200, 201])
def test_an_invoice_of_this_order(status):
    outcome, call = asked(status, SHOWN)

    assert outcome == Invoice(id=SHOWN["id"])
    assert json.loads(call.body) == {
        "user_id": "alice",
        "order_id": ORDER.id,
        "currency": "EUR",
        "items": [
            {"product_id": "pen", "quantity": 3, "unit_price": "0.35"},
            {"product_id": "ink", "quantity": 1, "unit_price": "10.00"},
        ],
    }
    assert call.headers == {
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": "crosscloud-fulfilment",
        "x-request-id": "7f9c2ba4e88f827d",
        "traceparent": CAUSE.traceparent,
        "x-principal": "system/fulfilment",
        "x-reach": "any",
        "idempotency-key": "event-1",
    }
    assert CAUSE.traceparent.startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert "00f067aa0ba902b7" not in CAUSE.traceparent  # a span of its own


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_a_refusal_of_the_content_is_final(status):
    outcome, _ = asked(status, {"title": "It contradicts what is stored"}, "application/problem+json")

    assert outcome == Refusal(reason=f"Billing refused the invoice ({status}): It contradicts what is stored")


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 429, 500, 502, 503, 504])
def test_what_does_not_fail_an_order(status):
    with pytest.raises(AssertionError, match="raises for others"):
        asked(status, {}, "application/problem+json")


@pytest.mark.parametrize(
    ("status", "body", "media_type"),
    [
        (201, SHOWN | {"total": "11.06"}, "application/json"),
        (200, SHOWN | {"order_id": "1d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10"}, "application/json"),
        (201, b"{", "application/json"),
        (201, SHOWN, "text/html"),
        (201, [], "application/json"),
        (422, b"upstream request too large", "text/plain"),
    ],
)
def test_an_answer_that_can_not_be_billings(status, body, media_type):
    with pytest.raises(UpstreamError):
        asked(status, body, media_type)
