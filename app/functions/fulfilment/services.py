"""Calls billing and analytics. However often a call is repeated, it has one effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.commerce.domain.events import Event
from app.commerce.domain.orders import Order
from app.contract import callers
from app.contract.correlation import Correlation
from app.contract.problems import KEY_REUSED, UPSTREAM_FAILED
from app.functions.kit import service_answers
from app.functions.kit.calls import Answer, Call, UpstreamError

PRINCIPAL = callers.of_function("fulfilment")
"""The caller whom the services see. No token leads to it, so that nobody's orders, events and Idempotency-Keys can meet
those that the function writes."""
BILLING, ANALYTICS = "billing", "analytics"
"""The services that orders need."""
REFUSALS = frozenset({400, 409, 413, 415, 422})
"""The statuses by which billing refuses a content for good. Others, such as 401, 404 or 429, come from the way to it
and may pass: they must not fail an order. Nor must a 422 that only says that the Idempotency-Key was used before."""
STEPS_ANSWERS = frozenset({200, 409, 422})
"""The statuses by which analytics answers a step of a rebuild, refusals of a wrong step included."""

Send = Callable[[Call], Answer]
"""Makes a call, as `app.functions.kit.upstream.Ingress.send` does. Raises UpstreamError."""


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """The invoice of an order."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Billing refuses the order for good. `reason` is a text for people."""

    reason: str


def counted(event: Event) -> dict[str, Any]:
    """Returns the event in the form in which analytics stores and counts it."""
    entry: dict[str, Any] = {
        "id": event.id,
        "type": event.type,
        "user_id": event.customer_id,
        "occurred_at": event.occurred_at,
        "attributes": {"order_id": event.order_id},
    }
    if "total" in event.data:
        entry |= {"amount": event.data["total"], "currency": event.data["currency"]}
    return entry


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services, as the work on one event calls them. `deadline` is on time.monotonic."""

    send: Send
    correlation: Correlation
    deadline: float
    spans: list[str] = field(default_factory=list)
    """Gets the ids of the spans of the calls, for the log line."""

    def invoice(self, order: Order, *, key: str) -> Invoice | Refusal:
        """Returns the order's invoice, the same for each call, or that billing refuses it. Raises UpstreamError."""
        document = order.document()
        items = [{name: item[name] for name in ("product_id", "quantity", "unit_price")} for item in document["items"]]
        draft = {"user_id": order.customer_id, "order_id": order.id, "currency": order.currency, "items": items}
        call = self._call(BILLING, "/invoices", draft, answers=REFUSALS | {200, 201}, key=key)
        answer = self.send(call)
        match service_answers.value_of(call, answer):
            case {"type": KEY_REUSED.type}:
                reason = "knows the Idempotency-Key of this event from another request"
                raise UpstreamError(UPSTREAM_FAILED, call, reason, status=answer.status)
            case {"title": str(title)} if answer.status in REFUSALS:
                return Refusal(reason=f"Billing refused the invoice ({answer.status}): {title}"[:200])
            case {"id": str(invoice_id), "order_id": order.id, "total": total} if total == document["total"]:
                return Invoice(id=invoice_id)
            case _:
                reason = "answered with something other than the invoice of this order and total"
                raise UpstreamError(UPSTREAM_FAILED, call, reason, status=answer.status)

    def record(self, event: Event) -> None:
        """Makes the event known to analytics. Raises UpstreamError."""
        self.send(self._call(ANALYTICS, "/events", {"events": [counted(event)]}, answers=frozenset({200})))

    def rebuild(self, path: str, body: object) -> Answer:
        """Takes a step of the rebuild of analytics' counts, whose answer may be a refusal. Raises UpstreamError."""
        return self.send(self._call(ANALYTICS, f"/analytics/models{path}", body, answers=STEPS_ANSWERS))

    def _call(self, upstream: str, path: str, body: object, *, answers: frozenset[int], key: str | None = None) -> Call:
        headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "crosscloud-fulfilment",
            "x-request-id": self.correlation.request_id,
            "traceparent": self.correlation.traceparent,
            callers.PRINCIPAL: PRINCIPAL,
            callers.REACH: callers.Reach.ANY.value,
        }
        if key:
            headers["idempotency-key"] = key
        return Call(
            upstream=upstream,
            method="POST",
            path=path,
            headers=headers,
            safe=True,
            answers=answers,
            deadline=self.deadline,
            correlation=self.correlation,
            spans=self.spans,
            body=json.dumps(body).encode(),
        )
