"""The failures of a service, over real sockets: the documented answer inside the deadline, for one call and several."""

import json
import socket
import threading
import uuid

import pytest

from app.functions.kit.breaker import MINIMUM, PAUSE
from app.functions.kit.invocation import RESERVE
from app.functions.kit.retries import ATTEMPTS
from app.functions.kit.upstream import Ingress, UpstreamError
from tests.support.scripted import drips, resets, sends, waits
from tests.support.waiting import PATIENCE, eventually
from tests.unit.app.functions.kit.upstream_calls import call

PROBLEM = "application/problem+json"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
USER = sends(b'{"id":"123","name":"Mark Wells","role":"Engineer"}')
PAGE = sends(b'{"items":[],"next_cursor":null}')
WORSE = b'{"detail":"SECRET"}'
CHUNKS = HEAD + b"transfer-encoding: chunked\r\n\r\n" + 100 * (b"186a0\r\n" + b" " * 100_000 + b"\r\n") + b"0\r\n\r\n"

FAILURES = {
    "reset before the headers": (lambda _: resets(), 502),
    "reset after the headers": (lambda _: resets(after=HEAD + b"content-length: 9\r\n\r\n{"), 502),
    "end before the headers": (lambda _: lambda connection: False, 502),
    "end inside the body": (lambda _: lambda c: c.sendall(HEAD + b"content-length: 9\r\n\r\n{") or False, 502),
    "hang": (waits, 504),
    "slow drip of headers": (lambda released: drips(HEAD, b"x-drop: 1\r\n", released), 504),
    "slow drip of the body": (lambda released: drips(HEAD + b"content-length: 1000\r\n\r\n", b" ", released), 504),
    "slow drip of chunks": (
        lambda released: drips(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n", released), 504),
    "no HTTP": (lambda _: lambda connection: connection.sendall(b"SSH-2.0-x\r\n\r\n") or False, 502),
    "500": (lambda _: sends(WORSE, status=500, media_type=PROBLEM), 502),
    "501": (lambda _: sends(WORSE, status=501, media_type=PROBLEM), 502),
    "502": (lambda _: sends(b"", status=502), 502),
    "503": (lambda _: sends(b"", status=503), 503),
    "503 with Retry-After": (lambda _: sends(WORSE, status=503, media_type=PROBLEM, headers="retry-after: 7\r\n"), 503),
    "504": (lambda _: sends(b"", status=504), 504),
    "400": (lambda _: sends(WORSE, status=400, media_type=PROBLEM), 502),
    "401 of the ingress": (lambda _: sends(b"", status=401), 502),
    "429": (lambda _: sends(WORSE, status=429, media_type=PROBLEM), 502),
    "invalid JSON": (lambda _: sends(b'{"items":[],'), 502),
    "no JSON": (lambda _: sends(b"<html>SECRET</html>", media_type="text/html"), 502),
    "NaN": (lambda _: sends(b'{"items":[NaN]}'), 502),
    "no content": (lambda _: sends(b"", status=204), 502),
    "10 MB": (lambda _: sends(b'"' + b"x" * 10_000_000 + b'"'), 502),
    "10 MB in chunks": (lambda _: lambda connection: connection.sendall(CHUNKS) or True, 502),
    "compressed": (lambda _: sends(b"\x1f\x8b", headers="content-encoding: gzip\r\n"), 502),
    "redirect to another host": (
        lambda _: sends(b"", status=307, headers="location: https://127.0.0.2:1/steal\r\n"), 502),
}  # fmt: skip
SLUGS = {502: "upstream-failed", 503: "unavailable", 504: "upstream-timeout"}
HANGING = {name for name in FAILURES if name == "hang" or name.startswith("slow")}


def seconds_of(name: str) -> float:
    """Returns the seconds of the invocation: half a second for what hangs, for all else enough on a busy machine."""
    return RESERVE + (0.5 if name in HANGING else 3.0)


def assert_problem(done, status: int) -> None:
    assert (done.status, done.json["type"]) == (status, f"tag:crosscloud,2026:{SLUGS[status]}")
    assert done.headers["content-type"] == PROBLEM
    assert done.json["request_id"] == done.log["request_id"]
    assert "SECRET" not in done.body
    assert done.log["Errors"] == 1
    assert ("retry-after" in done.headers) == (status == 503)


def assert_in_time(done, name: str) -> None:
    assert done.log["duration_ms"] < (seconds_of(name) - RESERVE / 2) * 1000


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_of_a_service_has_its_documented_answer(invoke, event, services, released, name):
    behaviour, status = FAILURES[name]
    done = invoke(event(), port=services(behaviour(released)).port, seconds=seconds_of(name))

    assert_problem(done, status)
    assert_in_time(done, name)
    assert (done.log["upstream"], done.log["UpstreamErrors"]) == ("users", 1)
    assert done.log["reason"]


OVERVIEW = {"route": "GET /users/{userId}/overview", "body": None, "path": {"userId": "123"}}


@pytest.mark.parametrize("name", FAILURES)
def test_a_part_that_may_be_missing(invoke, event, services, released, name):
    behaviour, _ = FAILURES[name]
    service = services(paths={"/users": USER, "/invoices": behaviour(released), "/events": PAGE})
    done = invoke(event(**OVERVIEW), port=service.port, seconds=seconds_of(name))

    assert done.status == 200
    assert done.json == {
        "user": {"id": "123", "name": "Mark Wells", "role": "Engineer"},
        "invoices": None,
        "activity": [],
        "degraded": ["billing"],
    }
    assert done.log["degraded"] == ["billing"]
    assert_in_time(done, name)
    lines = {line["part"]: line for line in done.lines[:-1]}
    assert {name: line["UpstreamErrors"] for name, line in lines.items()} == {"user": 0, "invoices": 1, "activity": 0}
    assert lines["invoices"]["reason"]
    assert lines["invoices"]["level"] == "ERROR"


@pytest.mark.parametrize("name", FAILURES)
def test_without_a_required_part_there_is_no_answer(invoke, event, services, released, name):
    behaviour, status = FAILURES[name]
    service = services(paths={"/users": behaviour(released), "/invoices": PAGE, "/events": PAGE})
    done = invoke(event(**OVERVIEW), port=service.port, seconds=seconds_of(name))

    assert_problem(done, status)
    assert_in_time(done, name)


def test_a_part_that_is_needed_and_refuses(invoke, event, services):
    nobody = json.dumps({"type": "tag:crosscloud,2026:not-found", "status": 404}).encode()
    paths = {"/users": sends(nobody, status=404, media_type=PROBLEM), "/invoices": PAGE, "/events": PAGE}
    done = invoke(event(**OVERVIEW), port=services(paths=paths).port)

    assert (done.status, done.json["type"]) == (404, "tag:crosscloud,2026:not-found")
    assert done.log["level"] == "INFO"


@pytest.mark.parametrize("status", [404, 422])
def test_a_part_that_may_be_missing_and_refuses_is_missing(invoke, event, services, status):
    paths = {"/users": USER, "/invoices": sends(b"{}", status=status, media_type=PROBLEM), "/events": PAGE}

    assert invoke(event(**OVERVIEW), port=services(paths=paths).port).json["degraded"] == ["billing"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"items":null}', b"null", b"7"])
def test_a_part_without_what_is_selected_is_missing(invoke, event, services, body):
    paths = {"/users": USER, "/invoices": sends(body), "/events": PAGE}
    done = invoke(event(**OVERVIEW), port=services(paths=paths).port)

    assert (done.json["invoices"], done.json["degraded"]) == (None, ["billing"])
    (reason,) = [line["reason"] for line in done.lines if line.get("part") == "invoices"]
    assert "without items" in reason


def test_nobody_listens(invoke, event):
    assert_problem(invoke(event()), 503)
    assert_problem(invoke(event(**OVERVIEW)), 503)


def test_a_service_that_can_not_be_reached_is_not_available(invoke, event, monkeypatch):
    monkeypatch.setattr("app.functions.kit.upstream.CONNECT_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connection, and nobody answers
        done = invoke(event(), port=silent.getsockname()[1], seconds=RESERVE + 1.0)

    assert_problem(done, 503)
    assert done.log["duration_ms"] < (1.0 + RESERVE / 2) * 1000


def test_a_redirect_is_not_followed(invoke, event, services):
    other = services(USER)
    moved = sends(b"", status=302, headers=f"location: https://127.0.0.1:{other.port}/steal\r\n")
    first = services(moved)
    assert_problem(invoke(event(), port=first.port), 502)
    assert (len(first.requests), other.requests) == (1, [])


# ---- what changes something is sent once

CHANGE = {"route": "POST /invoices", "headers": {"content-type": "application/json", "idempotency-key": "k"},
          "body": json.dumps({"user_id": "1", "currency": "EUR",
                              "items": [{"product_id": "p", "quantity": 1, "unit_price": "1.00"}]})}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_request_that_may_have_been_carried_out_is_not_sent_again(invoke, event, services, released, name):
    behaviour, status = FAILURES[name]
    service = services(behaviour(released), sends(b"{}", status=201))
    done = invoke(event(**CHANGE), port=service.port, seconds=seconds_of(name))

    assert_problem(done, status)
    assert [(each.method, each.path) for each in service.requests] == [("POST", "/invoices")]
    assert done.log["attempts"] == 1


def test_a_request_that_nobody_has_got_is_sent_again(invoke, event):
    done = invoke(event(**CHANGE))

    assert_problem(done, 503)
    assert done.log["attempts"] == ATTEMPTS


def test_after_a_while_a_change_does_not_go_over_an_old_connection(invoke, event, services, monkeypatch):
    service = services(USER, resets(), sends(b"{}", status=201))
    invoke(event(), port=service.port)
    monkeypatch.setattr("app.functions.kit.upstream.IDLE", 0.0)
    service.script = [USER, sends(b"{}", status=201)]

    assert invoke(event(**CHANGE), port=service.port).status == 201
    assert [each.connection for each in service.requests] == [1, 2]


# ---- the circuit breaker


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
        invoke(event(**OVERVIEW), port=service.port, seconds=RESERVE + 0.2)
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
