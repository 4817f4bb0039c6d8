"""The public endpoint, as a caller finds it on a real Envoy."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import desired
from local.envoy import gateway
from local.machine import Machine
from local.supervisor import client
from tests.support.waiting import PATIENCE, eventually
from tests.unit.local.envoy.emulator import emulator
from tests.unit.local.kubernetes.cluster import SYSTEM, clone

KEY = "Stage/-/a1b2c3d4"
BASE = "/_aws/execute-api/a1b2c3d4/$default"
PLENTY = {"rate": 1000.0, "burst": 1000}


def stage(machine: Machine, **changes: Any) -> dict[str, Any]:
    keys = ["POST /users", "GET /users/{userId}", "GET /users/me", "ANY /files/{proxy+}"]
    return {
        "kind": "Stage",
        "api_id": "a1b2c3d4",
        "name": "$default",
        "emulator": f"127.0.0.1:{machine.ports.emulator}",
        "default": PLENTY,
        "routes": [{"route_key": key, **PLENTY} for key in keys],
        **changes,
    }


class Front:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.publish()

    def publish(self, **changes: Any) -> None:
        value = stage(self.machine, **changes)
        desired.put(self.machine, KEY, value)
        desired.wait(self.machine, KEY, value, timeout=PATIENCE)

    def request(
        self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None, chunked: bool = False
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        context = ssl.create_default_context(cafile=str(self.machine.home / "ca.crt"))
        port = self.machine.ports.endpoint
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {}, encode_chunked=chunked)
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if content else None, response.headers
        finally:
            connection.close()

    def logged(self, **values: Any) -> dict[str, Any]:
        """The one access log line that has these values."""
        file = self.machine.logs / "gateway.jsonl"

        def look() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in file.read_text().splitlines()]
            return [line for line in lines if values.items() <= line.items()]

        (line,) = eventually(look, what="the log line")
        return dict(line)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = clone(tmp_path_factory.mktemp("clone"))
    client.ensure(machine, SYSTEM)
    yield machine
    client.stop(machine)


@pytest.fixture
def front(machine: Machine) -> Iterator[Front]:
    with emulator(machine.ports.emulator):
        yield Front(machine)


def test_requests_reach_the_emulators_stage(front: Front) -> None:
    status, seen, headers = front.request("POST", "/users?dry=1", body=b"{}")
    assert (status, seen["method"], seen["path"], seen["received"]) == (200, "POST", f"{BASE}/users?dry=1", 2)
    assert headers["x-request-id"] == "made-by-the-function"


def test_callers_headers_that_only_a_proxy_may_set_are_dropped(front: Front) -> None:
    forged = {
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-host": "evil",
        "x-real-ip": "203.0.113.7",
        "forwarded": "for=203.0.113.7",
        "host": "a1b2c3d4.execute-api.localhost",
    }
    _, seen, _ = front.request("GET", "/users/1", headers={**forged, "x-custom": "kept", "x-request-id": "client-id-1"})
    received = seen["headers"]
    assert received["x-forwarded-for"] == "127.0.0.1"
    assert received["host"] == f"127.0.0.1:{front.machine.ports.emulator}"
    assert (received["x-custom"], received["x-request-id"]) == ("kept", "client-id-1")
    assert not [name for name in received if name.startswith("x-envoy-") or name in ("x-real-ip", "forwarded")]
    assert "evil" not in str(received)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/users", "POST /users"),
        ("GET", "/users/17", "GET /users/{userId}"),
        ("GET", "/users/me", "GET /users/me"),
        ("DELETE", "/files/a/b/c", "ANY /files/{proxy+}"),
        ("GET", "/users/17/orders", "$default"),
        ("PUT", "/users/17", "$default"),
        ("GET", "/", "$default"),
    ],
)
def test_the_log_names_the_most_specific_route(front: Front, method: str, path: str, route: str) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    identifier = f"log-{method}{path}".replace("/", ".")
    headers = {"x-request-id": identifier, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    front.request(method, f"{path}?secret=1", headers=headers)
    line = front.logged(request_id=identifier)
    values = {"service": "gateway", "level": "INFO", "message": "request", "trace_id": trace, "method": method}
    values |= {"parent_id": "00f067aa0ba902b7"}
    assert values.items() <= line.items()
    assert (line["route"], line["path"], line["status"]) == (route, path, 200)
    assert isinstance(line["duration_ms"], int)
    assert line["timestamp"].endswith("Z")


def test_the_log_has_the_request_id_that_the_function_made(front: Front) -> None:
    front.request("GET", "/made")
    line = front.logged(path="/made")
    assert line["request_id"] == "made-by-the-function"
    assert not {"trace_id", "parent_id"} & line.keys(), "the caller sent no trace"


def test_a_routes_surplus_is_throttled_and_nothing_else(front: Front) -> None:
    """Slow refill against a quick burst: at most one token comes back in 100 s."""
    limited = {"route_key": "POST /users", "rate": 0.01, "burst": 5}
    front.publish(routes=[limited, {"route_key": "GET /users/{userId}", **PLENTY}])
    answers = [front.request("POST", "/users", body=b"{}") for _ in range(12)]
    others = Counter(front.request("GET", "/users/1")[0] for _ in range(12))
    counts = Counter(status for status, _, _ in answers)
    assert counts in (Counter({200: 5, 429: 7}), Counter({200: 6, 429: 6}))
    assert {json.dumps(body) for status, body, _ in answers if status == 429} == {'{"message": "Too Many Requests"}'}
    assert others == {200: 12}


def test_tokens_come_back_at_the_routes_rate(front: Front) -> None:
    front.publish(routes=[{"route_key": "POST /users", "rate": 50.0, "burst": 1}])
    started, passed = time.monotonic(), 0
    while time.monotonic() - started < 1.5:
        passed += front.request("POST", "/users", body=b"{}")[0] == 200
    elapsed = time.monotonic() - started
    assert passed <= 50 * elapsed + 2


def test_the_default_throttle_holds_for_unknown_routes_together(front: Front) -> None:
    front.publish(default={"rate": 0.01, "burst": 3})
    counts = Counter(front.request("GET", f"/unknown/{number}")[0] for number in range(8))
    assert counts in (Counter({200: 3, 429: 5}), Counter({200: 4, 429: 4}))


def test_a_rate_of_0_refuses_every_call(front: Front) -> None:
    front.publish(routes=[{"route_key": "POST /users", "rate": 0.0, "burst": 0}])
    assert front.request("POST", "/users", body=b"{}")[:2] == (429, {"message": "Too Many Requests"})


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_10_mib_is_refused(front: Front, chunked: bool) -> None:
    def parts(size: int) -> Iterator[bytes]:
        for _ in range(size >> 16):
            yield b"x" * (1 << 16)

    limit = 10 << 20
    headers = {"transfer-encoding": "chunked"} if chunked else {}
    small: Any = parts(limit) if chunked else b"x" * limit
    large: Any = parts(limit + (1 << 16)) if chunked else b"x" * (limit + 1)
    assert front.request("POST", "/users", body=small, headers=headers, chunked=chunked)[1]["received"] == limit
    try:
        status, body, _ = front.request("POST", "/users", body=large, headers=headers, chunked=chunked)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        return  # it answered and closed while the body was still being sent
    assert (status, body) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.parametrize("path", ["/users/a%2Fb", "/users/a%5Cb", "/users/%00", "/users/%2e%2e%2f%2e%2e%2fx"])
def test_encoded_slashes_are_refused(front: Front, path: str) -> None:
    assert front.request("GET", path)[:2] == (400, {"message": "Bad Request"})


@pytest.mark.parametrize("path", ["/../../_ministack/health", "/%2e%2e/%2e%2e/x", "/users/../../../x", "/..;/x"])
def test_dot_segments_stay_inside_of_the_stage(front: Front, path: str) -> None:
    _, seen, _ = front.request("GET", path)
    assert seen["path"].startswith(f"{BASE}/")
    assert "/../" not in seen["path"]


def test_trace_is_refused(front: Front) -> None:
    status, body, headers = front.request("TRACE", "/users")
    assert (status, body) == (405, {"message": "Method Not Allowed"})
    assert "TRACE" not in headers["allow"]


def test_upgrades_and_foreign_targets_are_refused(front: Front) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket"}
    assert front.request("GET", "/users/1", headers=upgrade)[0] == 403
    assert front.request("GET", "http://example.org/")[:2] == (404, {"message": "Not Found"})
    assert front.request("CONNECT", "example.org:443")[0] == 403


def test_an_emulator_that_is_down_is_503(machine: Machine) -> None:
    front = Front(machine)
    assert front.request("GET", "/down")[:2] == (503, {"message": "Service Unavailable"})
    assert front.logged(status=503, path="/down")["level"] == "ERROR"


def test_the_endpoint_speaks_tls_of_the_local_authority_only(front: Front) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection("localhost", front.machine.ports.endpoint, timeout=60).request("GET", "/")
    old = ssl.create_default_context(cafile=str(front.machine.home / "ca.crt"))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    connection = http.client.HTTPSConnection("localhost", front.machine.ports.endpoint, context=old, timeout=60)
    connection.request("GET", "/users/1")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_second_stage_is_refused(front: Front) -> None:
    second = "Stage/-/ffffffff"
    desired.put(front.machine, second, stage(front.machine, api_id="ffffffff"))
    try:
        seen = eventually(lambda: desired.read_status(front.machine)["observed"].get(second), what="its state")
        assert seen["state"] == "failed"
        assert "one public endpoint" in seen["message"]
    finally:
        desired.remove(front.machine, second)
        desired.wait(front.machine, second, None)


def test_what_is_under_way_is_bounded_and_the_surplus_is_refused_at_once(machine: Machine) -> None:
    surplus, taken = 5, gateway.CONNECTIONS + gateway.WAITING
    with emulator(machine.ports.emulator) as behind, ThreadPoolExecutor(taken + surplus) as threads:
        front = Front(machine)
        calls = [
            threads.submit(front.request, "POST", "/users", headers={"x-hold": "1"}) for _ in range(taken + surplus)
        ]
        try:
            eventually(lambda: sum(call.done() for call in calls) >= surplus, what="the refusals")
            refused = [call.result() for call in calls if call.done()]
        finally:
            behind.released.set()
        answers = Counter(call.result()[0] for call in calls)
    assert {(status, body["message"]) for status, body, _ in refused} == {(503, "Service Unavailable")}
    assert {headers["retry-after"] for _, _, headers in refused} == {"1"}
    assert answers == {200: taken, 503: surplus}
