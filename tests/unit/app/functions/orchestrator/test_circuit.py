"""The circuit breaker of each service: which failures open it, who probes, and what closes it."""

import json
import threading
import uuid

import pytest

from app.functions.kit.breaker import MINIMUM, PAUSE
from app.functions.kit.invocation import RESERVE
from app.functions.kit.upstream import Ingress, UpstreamError
from tests.support.scripted import sends, waits
from tests.support.waiting import PATIENCE, eventually
from tests.unit.app.functions.kit.upstream_calls import call
from tests.unit.app.functions.orchestrator.failures import CHANGE, FAILURES, OVERVIEW, PAGE, USER, assert_problem


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setitem(Ingress.__init__.__kwdefaults__, "clock", made)
    return made


def transitions(done) -> list[str]:
    return [line["state"] for line in done.lines if "state" in line]


def test_the_breaker_opens_half_opens_and_closes(invoke, event, services, clock):
    service = services(sends(b"{}", status=500))
    opened = [invoke(event(), port=service.port) for _ in range(MINIMUM)]
    assert [done.status for done in opened] == [502] * MINIMUM
    assert transitions(opened[-1]) == ["open"]

    refused = invoke(event(), port=service.port)
    assert_problem(refused, 503)
    assert refused.headers["retry-after"] == str(int(PAUSE))
    clock.now += 12
    assert invoke(event(), port=service.port).headers["retry-after"] == str(int(PAUSE) - 12)
    assert len(service.requests) == MINIMUM

    clock.now += PAUSE - 12
    failed = invoke(event(), port=service.port)
    assert (failed.status, transitions(failed)) == (502, ["half-open", "open"])
    assert invoke(event(), port=service.port).headers["retry-after"] == str(int(PAUSE))
    assert len(service.requests) == MINIMUM + 1

    clock.now += PAUSE
    service.script = [USER]
    closed = invoke(event(), port=service.port)
    assert (closed.status, transitions(closed)) == (200, ["half-open", "closed"])
    assert invoke(event(), port=service.port).status == 200


def test_the_attempt_that_opens_the_circuit_is_the_last(invoke, event, services):
    service = services(sends(b"", status=502))
    done = [invoke(event(), port=service.port) for _ in range(3)]

    assert [(each.status, each.log["attempts"]) for each in done] == [(502, 3), (502, MINIMUM - 3), (503, 1)]
    assert len(service.requests) == MINIMUM


@pytest.mark.parametrize("route", ["GET /analytics/summary", "POST /analytics/reports"])
def test_a_service_that_has_no_place_for_heavy_work_keeps_its_circuit_closed(invoke, event, services, route):
    """Otherwise no event could be recorded while many ask for summaries."""
    full = sends(b'{"title":"x"}', status=503, media_type="application/problem+json", headers="retry-after: 2\r\n")
    service = services(paths={"/analytics": full, "/events": sends(b'{"accepted":1,"duplicates":0}')})
    body = json.dumps({"currency": "EUR", "from": "2026-11-01", "to": "2026-11-30"})
    for _ in range(2 * MINIMUM):
        refused = invoke(event(route, body if route.startswith("POST") else None), port=service.port)
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        # The refusal is the service's, by design, and no failure of this function: it takes no release back.
        assert (refused.log["level"], refused.log["status"], "Failures" in refused.log) == ("WARNING", 503, False)

    recorded = {"id": str(uuid.uuid4()), "type": "login", "user_id": "a", "occurred_at": "2026-11-02T09:30:00Z"}
    done = invoke(event("POST /events", json.dumps({"events": [recorded]})), port=service.port)
    assert (done.status, transitions(done)) == (200, [])


def test_a_transition_is_a_metric(invoke, event, services):
    service = services(sends(b"{}", status=500))
    line = [invoke(event(), port=service.port) for _ in range(MINIMUM)][-1].lines[0]

    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service", "upstream", "state"]]
    assert {metric["Name"] for metric in directive["Metrics"]} == {"BreakerTransitions"}
    assert {name: line[name] for name in ("level", "service", "upstream", "state", "BreakerTransitions")} == {
        "level": "WARNING", "service": "orchestrator", "upstream": "users", "state": "open", "BreakerTransitions": 1
    }  # fmt: skip


@pytest.mark.parametrize("name", ["reset before the headers", "hang", "503", "504", "500"])
def test_a_failure_of_the_service_counts(invoke, event, services, released, monkeypatch, name):
    monkeypatch.setattr("app.functions.kit.upstream.LEAST_WAIT", 0.1)
    behaviour, _ = FAILURES[name]
    service = services(behaviour(released))
    for _ in range(MINIMUM):
        invoke(event(**CHANGE), port=service.port, seconds=RESERVE + 0.2)

    assert invoke(event(**CHANGE), port=service.port).headers["retry-after"] == str(int(PAUSE))


@pytest.mark.parametrize("name", ["400", "429", "invalid JSON", "redirect to another host", "10 MB"])
def test_another_unusable_answer_does_not(invoke, event, services, released, name):
    service = services(FAILURES[name][0](released))
    for _ in range(2 * MINIMUM):
        assert_problem(invoke(event(**CHANGE), port=service.port), 502)


def test_what_is_wrong_on_this_side_does_not_count(invoke, event, services, secrets):
    service = services(USER)
    secrets.status = 400
    for _ in range(2 * MINIMUM):
        assert invoke(event(), port=service.port).status == 503
    secrets.status = 200

    assert invoke(event(), port=service.port).status == 200


def test_one_service_does_not_open_the_circuit_of_another(invoke, event, services):
    service = services(paths={"/invoices": sends(b"", status=503), "/users": USER})
    for _ in range(MINIMUM):
        invoke(event(**CHANGE), port=service.port)

    assert invoke(event(), port=service.port).status == 200
    assert invoke(event(**CHANGE), port=service.port).headers["retry-after"] == str(int(PAUSE))


def test_an_open_circuit_degrades_the_whole_at_once(invoke, event, services, released, monkeypatch):
    monkeypatch.setattr("app.functions.kit.upstream.LEAST_WAIT", 0.1)
    paths = {"/users": USER, "/invoices": waits(released), "/events": PAGE}
    service = services(paths=paths)
    for _ in range(MINIMUM):
        invoke(event(**OVERVIEW), port=service.port, seconds=RESERVE + 0.5)
    count = len(service.requests)
    done = invoke(event(**OVERVIEW), port=service.port, seconds=10.0)

    assert done.json["degraded"] == ["billing"]
    assert "/invoices" not in {each.path.partition("?")[0] for each in service.requests[count:]}


def test_of_8_threads_exactly_one_probes(services, ingress, clock):
    service = services(sends(b"", status=500))
    way = ingress(service.port, clock=clock)
    for _ in range(MINIMUM):
        with pytest.raises(UpstreamError):
            way.send(call())
    clock.now += PAUSE
    release = threading.Event()

    def slowly(connection) -> bool:
        release.wait(PATIENCE)
        return USER(connection)

    service.script = [slowly]
    before = len(service.requests)
    outcomes: list[object] = []

    def attempt() -> None:
        try:
            outcomes.append(way.send(call()).status)
        except UpstreamError as error:
            outcomes.append(error.reason)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(outcomes) == 7, what="the answer of those who do not probe")
    release.set()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(map(str, outcomes)) == ["200", *["the circuit is open for 1 s"] * 7]
    assert len(service.requests) == before + 1
    assert way.send(call()).status == 200
