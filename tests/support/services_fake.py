"""Billing and analytics in memory, with the promises of the real services: one effect per Idempotency-Key, one invoice
per order, one event per id."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.contract.problems import UNAVAILABLE
from app.functions.kit.calls import Answer, Call, UpstreamError

NO_SUCH_USER = "refused"
"""The id of a customer whom billing always refuses."""


@dataclass
class FakeServices:
    """The services. Those that `down` names answer 503. `sent` are the calls that arrived."""

    down: set[str] = field(default_factory=set)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[Call] = field(default_factory=list)
    _keys: dict[tuple[str, str], tuple[bytes, Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, call: Call) -> Answer:
        with self._lock:
            self.sent.append(call)
            if call.upstream in self.down:
                raise UpstreamError(UNAVAILABLE, call, "answered 503", transient=True, status=503)
            answer = {"billing": self._billing, "analytics": self._analytics}[call.upstream](call)
        if answer.status not in call.answers:
            raise UpstreamError(UNAVAILABLE, call, f"answered {answer.status}", status=answer.status)
        return answer

    def _billing(self, call: Call) -> Answer:
        assert (call.method, call.path) == ("POST", "/invoices")
        assert call.body is not None
        key = (call.headers["x-principal"], call.headers["idempotency-key"])
        if key in self._keys:
            body, answer = self._keys[key]
            return answer if body == call.body else _problem(422)
        draft = json.loads(call.body)
        if draft["user_id"] == NO_SUCH_USER:
            return _problem(422)
        answer = self._invoiced(draft)
        if answer.status < 300:
            self._keys[key] = (call.body, answer)
        return answer

    def _invoiced(self, draft: Mapping[str, Any]) -> Answer:
        if (known := self.invoices.get(draft["order_id"])) is not None:
            return _answer(200, known["shown"]) if known["draft"] == draft else _problem(409)
        total = sum(Decimal(item["unit_price"]) * item["quantity"] for item in draft["items"])
        shown = {"id": str(uuid.uuid4()), "order_id": draft["order_id"], "total": f"{total:.2f}", "status": "open"}
        self.invoices[draft["order_id"]] = {"draft": draft, "shown": shown}
        return _answer(201, shown)

    def _analytics(self, call: Call) -> Answer:
        assert (call.method, call.path) == ("POST", "/events")
        assert call.body is not None
        accepted = 0
        events = json.loads(call.body)["events"]
        for event in events:
            accepted += self.events.setdefault(event["id"], event) is event
        return _answer(200, {"accepted": accepted, "duplicates": len(events) - accepted})


def _answer(status: int, body: object, media_type: str = "application/json") -> Answer:
    return Answer(status=status, headers={"content-type": media_type}, body=json.dumps(body).encode())


def _problem(status: int) -> Answer:
    return _answer(status, {"title": "It can't be invoiced", "status": status}, "application/problem+json")
