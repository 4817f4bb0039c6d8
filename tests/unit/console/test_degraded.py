"""A request that needs several services and did without one: its waterfall."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from console import hops
from console.context import Context
from console.hops import Hop
from tests.unit.console.test_hops import drawn

REQUEST = "overview-1"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BEGAN = dt.datetime(2026, 11, 30, 19, 50, tzinfo=dt.UTC)
ROUTE = {"method": "GET", "route": "GET /users/{userId}/overview"}
PARTS = (
    ("users", "user", "/users/123", 1, 4, 200),
    ("billing", "invoices", "/invoices", 2, 900, 503),
    ("analytics", "activity", "/events", 3, 40, 200),
)
"""Of each part: its service, its name, its path, when it began, how long it took, both in milliseconds, its status."""


def moment(ms: float) -> str:
    return (BEGAN + dt.timedelta(milliseconds=ms)).isoformat().replace("+00:00", "Z")


@pytest.fixture
def overview(context: Context, write: Callable[[str, str], None]) -> None:
    """Writes the lines of an overview, in which billing gave no answer in any of its tries."""

    def line(file: str, service: str, span: str, parent: str, at: float, **members: Any) -> None:
        ids = {"request_id": REQUEST, "trace_id": TRACE, "span_id": span, "parent_id": parent}
        level = "ERROR" if members.get("upstream_status", members.get("status")) == 503 else "INFO"
        start = {"timestamp": moment(at), "level": level, "service": service}
        named = {name: value for name, value in ids.items() if value}
        write(file, json.dumps({**start, "message": "request", **named, **members}) + "\n")

    line("gateway.jsonl", "gateway", "", "", 0, **ROUTE, status=200, duration_ms=905)
    whole = "0" * 15 + "a"
    for number, (service, name, path, began, ms, status) in enumerate(PARTS):
        span, own = f"{number + 1:016x}", f"{number + 11:016x}"
        tries = (0, 300, 600) if status == 503 else (0,)
        for offset in tries:
            at, length = began + offset + 1, min(ms - 2, 200)
            seen = {"method": "GET", "path": path, "status": status}
            line("ingress.jsonl", "ingress", "", span, at, **seen, route=f"apps/{service}/read", duration_ms=length)
        if status == 200:
            file, seen = f"pods/{service}-d6450843c3-dn2cm.log", {"method": "GET", "route": path, "status": 200}
            line(file, service, own, span, began + ms - 2, **seen, duration_ms=ms - 4)
        call: Mapping[str, Any] = {"upstream": service, "upstream_status": status, "upstream_ms": ms}
        own_members = {"message": "part", "part": name, "began": moment(began)}
        line("functions.jsonl", "orchestrator", span, whole, 903, **ROUTE, **call, **own_members)
    result = {"status": 200, "duration_ms": 903, "degraded": ["billing"]}
    line("functions.jsonl", "orchestrator", whole, "", 904, **ROUTE, **result)
    context.catch_up()


@pytest.mark.usefixtures("overview")
def test_every_call_stands_under_the_part_that_made_it(context: Context) -> None:
    assert drawn(hops.of_request(context.store, REQUEST)) == [
        "gateway GET /users/{userId}/overview",
        "  orchestrator GET /users/{userId}/overview",
        "    orchestrator users: user",
        "      ingress GET /users/123",
        "        users GET /users/123",
        "    orchestrator billing: invoices",
        "      ingress GET /invoices",
        "      ingress GET /invoices",
        "      ingress GET /invoices",
        "    orchestrator analytics: activity",
        "      ingress GET /events",
        "        analytics GET /events",
    ]


@pytest.mark.usefixtures("overview")
def test_a_part_is_drawn_from_its_begin_although_its_line_was_written_later(context: Context) -> None:
    found = hops.of_request(context.store, REQUEST)
    by_id = {hop.id: hop for hop in found}
    parts = [hop for hop in found if hop.kind == "part"]

    def since(hop: Hop) -> tuple[float, float]:
        return round((hop.began - BEGAN.timestamp()) * 1000, 1), round((hop.ended - BEGAN.timestamp()) * 1000, 1)

    assert [since(hop) for hop in parts] == [(began, began + ms) for _, _, _, began, ms, _ in PARTS]
    for hop in found:
        above = by_id.get(hop.parent or 0)
        assert above is None or above.began <= hop.began <= hop.ended <= above.ended + hops.TOLERANCE
