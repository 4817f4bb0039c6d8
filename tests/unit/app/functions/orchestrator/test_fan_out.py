"""Several services asked at once."""

import threading
from datetime import datetime

import pytest

from app.functions.kit.invocation import RESERVE
from app.functions.kit.upstream import Ingress
from tests.support.scripted import Behaviour, sends, waits
from tests.support.services import services_of

HEALTH_SERVICES = services_of("getHealth")
_, *OPTIONAL = services_of("getOverview")
"""The services that an overview can do without: all but the user's own."""
HEALTH = {"route": "GET /health", "body": None, "headers": {}}
READY = sends(b'{"status":"ok"}')
NOT_READY = sends(b'{"status":503}', status=503, media_type="application/problem+json")
USER = sends(b'{"id":"123"}')
PAGE = sends(b'{"items":[{"id":"x"}],"next_cursor":"n"}')
OVERVIEW = {"route": "GET /users/{userId}/overview", "body": None, "path": {"userId": "123"}}
WELL = {"/users": USER, "/invoices": PAGE, "/events": PAGE}


def public(made: dict) -> dict:
    del made["requestContext"]["authorizer"]
    return made


def health(**down: Behaviour) -> dict[str, Behaviour]:
    return {f"/health/{name}": down.get(name, READY) for name in HEALTH_SERVICES}


def test_every_part_gets_what_the_contract_says(invoke, event, services):
    service = services(paths=WELL)
    done = invoke(event(**OVERVIEW), port=service.port)

    assert done.json == {"user": {"id": "123"}, "invoices": [{"id": "x"}], "activity": [{"id": "x"}], "degraded": []}
    assert sorted(each.path for each in service.requests) == [
        "/events?user_id=123&limit=5", "/invoices?user_id=123&limit=5", "/users/123"
    ]  # fmt: skip
    assert {each.method for each in service.requests} == {"GET"}
    assert {each.headers["x-principal"] for each in service.requests} == {"token/alice"}
    assert {each.headers["x-request-id"] for each in service.requests} == {done.log["request_id"]}


def test_parts_are_under_way_at_the_same_time(invoke, event, services):
    together = threading.Barrier(3)

    def meeting(behaviour: Behaviour) -> Behaviour:
        def behave(connection) -> bool:
            together.wait(5)  # breaks, and with it the answer, unless three requests are there
            return behaviour(connection)

        return behave

    service = services(paths={path: meeting(behaviour) for path, behaviour in WELL.items()})

    assert invoke(event(**OVERVIEW), port=service.port).json["degraded"] == []


def test_threads_and_connections_are_kept(invoke, event, services):
    service = services(paths=WELL)
    for _ in range(6):
        assert invoke(event(**OVERVIEW), port=service.port).status == 200

    assert len({each.connection for each in service.requests}) <= 3
    assert len([thread for thread in threading.enumerate() if thread.name.startswith("part")]) <= 8


def test_the_log_tells_of_every_part(invoke, event, services):
    done = invoke(event(**OVERVIEW), port=services(paths=WELL | {"/events": sends(b"", status=503)}).port)

    assert done.log["degraded"] == ["analytics"]
    assert "upstream" not in done.log
    lines = {line["part"]: line for line in done.lines[:-1]}
    told = {name: [line[each] for each in ("upstream", "upstream_status", "attempts")] for name, line in lines.items()}
    assert told == {
        "user": ["users", 200, 1], "invoices": ["billing", 200, 1], "activity": ["analytics", 503, 3]
    }  # fmt: skip
    assert {line["request_id"] for line in done.lines} == {done.log["request_id"]}
    assert all(line["upstream_ms"] > 0 for line in lines.values())


def test_every_part_has_a_span_of_its_own_below_that_of_the_request(invoke, event, services):
    service = services(paths=WELL)
    done = invoke(event(**OVERVIEW), port=service.port)

    parts = done.lines[:-1]
    assert {(line["trace_id"], line["parent_id"]) for line in parts} == {(done.log["trace_id"], done.log["span_id"])}
    assert len({line["span_id"] for line in done.lines}) == 4
    paths = {"users": "/users", "billing": "/invoices", "analytics": "/events"}
    for line in parts:
        (call,) = [each for each in service.requests if each.path.startswith(paths[line["upstream"]])]
        assert call.headers["traceparent"] == f"00-{line['trace_id']}-{line['span_id']}-00"


def test_the_line_of_a_part_tells_when_its_call_began(invoke, event, services, released):
    """Every line is written when the last part has come."""
    service = services(paths=WELL | {"/events": waits(released)})
    done = invoke(event(**OVERVIEW), port=service.port, seconds=RESERVE + 0.3)

    for line in done.lines[:-1]:
        waited = datetime.fromisoformat(line["timestamp"]) - datetime.fromisoformat(line["began"])
        assert 0.29 < waited.total_seconds() < 0.6


def test_one_deadline_is_for_all(invoke, event, services, released):
    hanging = waits(released)
    service = services(paths={"/users": USER, "/invoices": hanging, "/events": hanging})
    done = invoke(event(**OVERVIEW), port=service.port, seconds=RESERVE + 0.3)

    assert done.json["degraded"] == OPTIONAL
    assert 300 <= done.log["duration_ms"] < 550


@pytest.fixture
def stuck(released, monkeypatch):
    """Calls of billing do not notice their deadline: such as in the look-up of a name, which nothing bounds."""
    real = Ingress.send

    def send(self, call):
        if call.upstream == "billing":
            released.wait(10)
        return real(self, call)

    monkeypatch.setattr(Ingress, "send", send)


def test_a_part_that_does_not_notice_the_deadline_is_left_behind(invoke, event, services, released, stuck):
    done = invoke(event(**OVERVIEW), port=services(paths=WELL).port, seconds=RESERVE + 0.3)
    released.set()

    assert done.json["degraded"] == ["billing"]
    line = next(line for line in done.lines if line.get("part") == "invoices")
    assert (line["UpstreamErrors"], line["reason"]) == (1, "still under way after the deadline")


def test_a_part_that_no_thread_is_left_for_is_missing(invoke, event, services, released, stuck, monkeypatch):
    monkeypatch.setattr("app.functions.orchestrator.fan_out.POOL_SIZE", 1)
    done = invoke(event(**OVERVIEW), port=services(paths=WELL).port, seconds=RESERVE + 0.3)
    released.set()

    assert done.json["degraded"] == OPTIONAL
    lines = {line["part"]: line for line in done.lines[:-1]}
    assert (lines["activity"]["attempts"], lines["activity"]["UpstreamErrors"]) == (0, 1)
    assert "began" not in lines["activity"]


def test_the_unexpected_in_a_part_is_a_failure_of_the_whole(invoke, event, services, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("SENSITIVE")

    monkeypatch.setattr("app.functions.kit.upstream._from_service", broken)
    done = invoke(event(**OVERVIEW), port=services(paths=WELL).port)

    assert done.status == 500
    assert "RuntimeError: SENSITIVE" in done.log["stack"]


# ---- health


def test_health_needs_no_token(invoke, event, services):
    service = services(paths=health())
    done = invoke(public(event(**HEALTH)), port=service.port)

    assert (done.status, done.json) == (200, {"status": "ok", "degraded": []})
    assert not [each for each in service.requests if {"x-principal", "x-reach"} & each.headers.keys()]
    assert "subject" not in done.log


@pytest.mark.parametrize("down", [list(HEALTH_SERVICES[:1]), list(HEALTH_SERVICES[:-1]), list(HEALTH_SERVICES[-1:])])
def test_health_names_the_services_that_are_not_ready(invoke, event, services, down):
    done = invoke(public(event(**HEALTH)), port=services(paths=health(**dict.fromkeys(down, NOT_READY))).port)

    assert (done.status, done.json) == (200, {"status": "degraded", "degraded": down})


def test_health_without_any_service_is_unavailable(invoke, event, services):
    everything = dict.fromkeys(HEALTH_SERVICES, NOT_READY)
    done = invoke(public(event(**HEALTH)), port=services(paths=health(**everything)).port)

    assert (done.status, done.json["type"]) == (503, "tag:crosscloud,2026:unavailable")
    assert done.headers["retry-after"] == "1"
    assert len(done.lines) == len(HEALTH_SERVICES) + 1  # one of each part and one of the request
