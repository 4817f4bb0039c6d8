"""The tree of who called whom, from the lines of a recorded run."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

from console import hops
from console.context import Context
from console.hops import Hop
from console.lines import parse
from console.waterfall import waterfall, way

ORDER = "demo-efe9884ffb"
"""A request that placed an order which went through at once."""
RETRIED = "demo-637f0a35ba"
"""One whose first try billing kept waiting until fulfilment gave up."""
READ = "demo-356738236b"


def drawn(found: list[Hop]) -> list[str]:
    return [f"{'  ' * hop.depth}{hop.service} {hop.name}" for hop in found]


def read(context: Context, *, status: int, route: str) -> list[Hop]:
    query = "select request_id from lines where service = 'gateway' and status = ? and route = ?"
    return hops.of_request(context.store, context.store.rows(query, [status, route])[0]["request_id"])


def test_a_read_is_a_chain_through_both_clouds(context: Context) -> None:
    found = read(context, status=200, route="GET /users/{userId}")
    assert drawn(found) == [
        "gateway GET /users/{userId}",
        "  orchestrator GET /users/{userId}",
        "    ingress GET /users/123",
        "      users GET /users/{user_id}",
    ]
    assert [hop.cloud for hop in found] == ["AWS", "AWS", "Azure", "Azure"]


def test_a_function_that_was_added_runs_on_aws_and_hangs_on_the_gateway(
    context: Context, write: Callable[[str, str], None]
) -> None:
    line = {"message": "request", "request_id": "added-01", "method": "GET", "route": "/stock", "duration_ms": 10}
    for name, at in (("gateway", "00.000"), ("availability", "00.009")):
        file = "gateway.jsonl" if name == "gateway" else "functions.jsonl"
        write(file, json.dumps({**line, "service": name, "timestamp": f"2026-11-30T19:00:{at}Z"}) + "\n")
    context.catch_up()
    found = hops.of_request(context.store, "added-01")
    assert drawn(found) == ["gateway GET /stock", "  availability GET /stock"]
    assert [hop.cloud for hop in found] == ["AWS", "AWS"]


def test_an_order_is_a_tree_whose_events_hang_on_what_caused_them(context: Context) -> None:
    found = hops.of_request(context.store, ORDER)
    by_id = {hop.id: hop for hop in found}
    pairs = {
        (by_id[hop.parent].service + " " + by_id[hop.parent].name, hop.service + " " + hop.name)
        for hop in found
        if hop.parent is not None
    }
    assert [hop.service for hop in found if hop.parent is None] == ["gateway"]
    assert {
        ("gateway POST /orders", "orders POST /orders"),
        ("orders POST /orders", "relay order.placed"),
        ("orders POST /orders", "fulfilment order.placed"),
        ("fulfilment order.placed", "relay order.confirmed"),
        ("fulfilment order.placed", "ingress POST /invoices"),
        ("ingress POST /invoices", "billing POST /invoices"),
        ("fulfilment order.placed", "fulfilment order.invoiced"),
        ("fulfilment order.invoiced", "ingress POST /events"),
    } <= pairs


def test_every_service_hangs_on_the_ingress_hop_that_passed_it_on(context: Context) -> None:
    found = hops.of_request(context.store, ORDER)
    by_id = {hop.id: hop for hop in found}
    called = [hop for hop in found if hop.cloud == "Azure" and hop.service != "ingress"]
    assert len(called) > 3
    for hop in called:
        assert hop.parent is not None
        front = by_id[hop.parent]
        assert (front.service, front.name) == ("ingress", hop.name)
        assert front.began - hops.TOLERANCE <= hop.began <= hop.ended <= front.ended + hops.TOLERANCE


def test_a_failed_try_and_the_next_one_are_two_hops_of_the_same_parent(context: Context) -> None:
    tries = [
        hop
        for hop in hops.of_request(context.store, RETRIED)
        if (hop.service, hop.name) == ("fulfilment", "order.placed")
    ]
    assert [hop.failed for hop in tries] == [True, False]
    assert len({hop.parent for hop in tries}) == 1
    fall = waterfall(hops.of_request(context.store, RETRIED))
    failed = [(bar.hop.service, bar.hop.name) for bar in fall.bars if bar.hop.failed]
    assert fall.failed == len(failed)
    assert set(failed) == {("fulfilment", "order.placed"), ("ingress", "POST /invoices")}


def test_a_request_that_the_gateway_refused_has_one_hop(context: Context) -> None:
    assert drawn(read(context, status=401, route="GET /users/{userId}")) == ["gateway GET /users/{userId}"]


def test_a_trace_and_an_order_lead_to_the_same_hops(context: Context) -> None:
    found = hops.of_request(context.store, ORDER)
    trace = context.store.rows("select trace_id from lines where request_id = ? and trace_id <> ''", [ORDER])[0][0]
    order = next(hop.order_id for hop in found if hop.order_id)
    assert drawn(hops.of_trace(context.store, trace)) == drawn(found) == drawn(hops.of_order(context.store, order))


def test_lines_that_name_each_other_as_parents_end(context: Context, write: Callable[[str, str], None]) -> None:
    """A caller chooses the ids, so lines may say anything."""
    for own, other in (("a" * 16, "b" * 16), ("b" * 16, "a" * 16), ("c" * 16, "c" * 16)):
        ids = {"request_id": "circle-1", "trace_id": "f" * 32, "span_id": own, "parent_id": other}
        moment = {"timestamp": "2026-11-30T19:00:00Z", "service": "relay", "message": "published", "duration_ms": 1}
        write("functions.jsonl", json.dumps({**moment, **ids}) + "\n")
    context.catch_up()
    assert len(hops.of_request(context.store, "circle-1")) == 3


def test_bars_lie_within_the_axis_and_begin_in_the_order_of_time(context: Context) -> None:
    fall = waterfall(hops.of_request(context.store, RETRIED))
    assert all(bar.left >= 0 and bar.left + bar.width <= 100.001 for bar in fall.bars)
    by_time = sorted(fall.bars, key=lambda bar: bar.hop.began)
    assert [bar.left for bar in by_time] == sorted(bar.left for bar in by_time)
    assert any(cut.seconds > 0.4 for cut in fall.cuts)
    places = [place for place, _ in fall.marks]
    assert all(after - before >= 9 for before, after in itertools.pairwise(places))


def test_the_way_has_aws_above_azure_and_every_hop_once(context: Context) -> None:
    found = hops.of_request(context.store, ORDER)
    plan = way(found)
    assert [band.cloud for band in plan.bands] == ["AWS", "Azure"]
    assert max(lane.y for lane in plan.lanes if lane.cloud == "AWS") < min(
        lane.y for lane in plan.lanes if lane.cloud == "Azure"
    )
    assert (len(plan.stops), len(plan.paths)) == (len(found), len(found) - 1)
    assert [stop.hop.began for stop in plan.stops] == sorted(hop.began for hop in found)
    assert [stop.x for stop in plan.stops] == sorted(stop.x for stop in plan.stops)


def test_nothing_has_a_waterfall_and_a_way() -> None:
    assert (waterfall([]).bars, way([]).stops) == ([], [])


def test_what_a_call_s_own_span_led_to_hangs_on_the_hop_that_made_the_call(context: Context) -> None:
    """A call has a span of its own, if spans are sent: no line has it, but the caller's line names it."""
    ids = {"request_id": "with-spans", "trace_id": "t", "message": "request", "duration_ms": 1.0}
    written = [
        {**ids, "service": "gateway", "span_id": "a", "route": "GET /users/{userId}"},
        {**ids, "service": "orchestrator", "span_id": "b", "parent_id": "a", "calls": ["c", "d"], "route": "GET /"},
        {**ids, "service": "ingress", "span_id": "e", "parent_id": "c", "method": "GET", "path": "/users/1"},
        {**ids, "service": "ingress", "span_id": "f", "parent_id": "d", "method": "GET", "path": "/users/1"},
        {**ids, "service": "users", "span_id": "g", "parent_id": "f", "route": "/users/{user_id}", "method": "GET"},
    ]
    for second, line in enumerate(written):
        line["timestamp"] = f"2026-11-30T10:00:0{second}Z"
    lines = [parse("functions.jsonl", json.dumps(line), before=0.0) for line in written]
    context.store.add(lines, file="functions.jsonl", inode=1, offset=1, time=0.0)
    assert [(hop.service, hop.span_id, hop.depth) for hop in hops.of_request(context.store, "with-spans")] == [
        ("gateway", "a", 0),
        ("orchestrator", "b", 1),
        ("ingress", "e", 2),
        ("ingress", "f", 2),
        ("users", "g", 3),
    ]
