import contextlib
import json
import socket
import ssl
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.contract.problems import UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT
from app.functions.kit import breaker, upstream
from app.functions.kit.breaker import MINIMUM
from app.functions.kit.tls import DeadlineSocket
from app.functions.kit.upstream import LEAST_WAIT, MAX_ANSWER, Call, UpstreamError
from tests.support.pki import Authority
from tests.support.scripted import drips, resets, scripted_server, sends, waits

OK = sends(b'{"id":"123"}')
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def call(*, safe: bool = True, seconds: float = 5.0, method: str = "GET") -> Call:
    return Call(
        upstream="users",
        method=method,
        path="/users/123",
        headers={"x-request-id": "r-12345678"},
        safe=safe,
        answers=frozenset({200, 404}),
        deadline=time.monotonic() + seconds,
    )


def test_the_answer_and_what_was_sent(services, ingress):
    service = services(sends(b"{}", headers="ETag: 7\r\n"))
    answer = ingress(service.port).send(call())

    assert (answer.status, answer.body, answer.headers["etag"], answer.attempts) == (200, b"{}", "7", 1)
    received = service.requests[0]
    assert (received.method, received.path) == ("GET", "/users/123")
    assert received.headers["x-request-id"] == "r-12345678"
    assert received.headers["host"] == f"127.0.0.1:{service.port}"


def test_the_connection_is_kept(services, ingress):
    service = services(OK)
    way = ingress(service.port)
    for _ in range(5):
        way.send(call())

    assert {request.connection for request in service.requests} == {1}


FAILURES = {
    "reset before the answer": (resets(), UPSTREAM_FAILED),
    "reset after the headers": (resets(after=HEAD + b"content-length: 9\r\n\r\n{"), UPSTREAM_FAILED),
    "end after the headers": (lambda c: c.sendall(HEAD + b"content-length: 9\r\n\r\n{") or False, UPSTREAM_FAILED),
    "no HTTP": (lambda c: c.sendall(b"SSH-2.0-x\r\n\r\n") or False, UPSTREAM_FAILED),
    "502": (sends(b"", status=502), UPSTREAM_FAILED),
    "503": (sends(b"", status=503), UNAVAILABLE),
    "503 and a wish that fits": (sends(b"", status=503, headers="retry-after: 1\r\n"), UNAVAILABLE),
    "504": (sends(b"", status=504), UPSTREAM_TIMEOUT),
}
"""The failures that may pass."""

FINAL = {
    "400": (sends(b"{}", status=400), UPSTREAM_FAILED),
    "401 of the ingress": (sends(b"{}", status=401), UPSTREAM_FAILED),
    "429": (sends(b"{}", status=429), UPSTREAM_FAILED),
    "500": (sends(b"{}", status=500), UPSTREAM_FAILED),
    "503 and a wish that is too long": (sends(b"", status=503, headers="retry-after: 60\r\n"), UNAVAILABLE),
    "redirect": (sends(b"", status=302, headers="location: https://evil.example/\r\n"), UPSTREAM_FAILED),
    "10 MB": (sends(b" " * 10_000_000), UPSTREAM_FAILED),
    "compressed": (sends(b"\x1f\x8b", headers="content-encoding: gzip\r\n"), UPSTREAM_FAILED),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_safe_call_is_sent_again_after_a_failure_that_may_pass(services, ingress, name):
    service = services(FAILURES[name][0], FAILURES[name][0], OK)
    answer = ingress(service.port).send(call())

    assert (answer.status, answer.attempts, len(service.requests)) == (200, 3, 3)


@pytest.mark.parametrize("name", FAILURES)
def test_attempts_end(services, ingress, name):
    behaviour, kind = FAILURES[name]
    service = services(behaviour)
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call())

    assert caught.value.kind is kind
    assert (caught.value.attempts, len(service.requests)) == (3, 3)


@pytest.mark.parametrize("name", [*FAILURES, *FINAL])
def test_an_unsafe_call_is_never_sent_again(services, ingress, name):
    behaviour, kind = (FAILURES | FINAL)[name]
    service = services(behaviour, OK)
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call(safe=False, method="POST"))

    assert caught.value.kind is kind
    assert len(service.requests) == 1


@pytest.mark.parametrize("name", FINAL)
def test_a_failure_that_would_come_again_is_final(services, ingress, name):
    behaviour, kind = FINAL[name]
    service = services(behaviour, OK)
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call())

    assert caught.value.kind is kind
    assert len(service.requests) == 1


def test_not_available_carries_when_to_come_again(services, ingress):
    with pytest.raises(UpstreamError) as caught:
        ingress(services(sends(b"", status=503, headers="retry-after: 60\r\n")).port).send(call())
    assert caught.value.headers == {"retry-after": "60"}

    with pytest.raises(UpstreamError) as caught:
        ingress(services(sends(b"", status=503, headers="retry-after: soon\r\n")).port).send(call())
    assert caught.value.headers == {"retry-after": "1"}


def test_nobody_listens(ingress):
    slept = []
    with pytest.raises(UpstreamError) as caught:
        ingress(1, sleep=slept.append).send(call())

    assert caught.value.kind is UNAVAILABLE
    assert (caught.value.attempts, len(slept)) == (3, 2)
    assert "refused" in caught.value.reason
    assert "127.0.0.1" not in caught.value.detail


DRIPPED = {
    "hangs": waits,
    "drips headers": lambda released: drips(HEAD, b"x-drop: 1\r\n", released),
    "drips one header": lambda released: drips(HEAD + b"x-long: ", b"x", released),
    "drips the body": lambda released: drips(HEAD + b"content-length: 1000\r\n\r\n", b" ", released),
    "drips chunks": lambda released: drips(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n", released),
}


@pytest.mark.parametrize("name", DRIPPED)
def test_the_deadline_holds_however_slowly_the_answer_comes(services, ingress, released, name):
    service = services(DRIPPED[name](released), OK)
    way = ingress(service.port)
    bound = call(seconds=0.3)
    with pytest.raises(UpstreamError) as caught:
        way.send(bound)

    assert caught.value.kind is UPSTREAM_TIMEOUT
    assert bound.deadline <= time.monotonic()
    assert not released.is_set()  # the other side never ends by itself
    assert way.send(call()).status == 200  # on a connection of its own


def test_the_deadline_holds_when_the_answer_stops_on_its_way(services, ingress, released):
    def stops(connection) -> bool:
        released.wait(2.5)
        connection.sendall(HEAD)
        released.wait(30)
        return False

    bound = call(seconds=3)
    with pytest.raises(UpstreamError) as caught:
        ingress(services(stops).port).send(bound)

    assert caught.value.kind is UPSTREAM_TIMEOUT
    assert time.monotonic() < bound.deadline + 2  # three seconds from the head would end 2.5 s after the deadline


@pytest.mark.parametrize(("late", "starved", "states"), [(0.0, 60.0, ["open"]), (0.4, 0.2, [])])
def test_a_caller_that_was_kept_from_running_does_not_blame_the_service(
    services, ingress, released, monkeypatch, late, starved, states
):
    """A process that was stopped, or that gets no processor, runs again when its deadlines have long passed."""
    receive, transitions = DeadlineSocket.recv_into, []
    monkeypatch.setattr(upstream, "STARVED", starved)
    monkeypatch.setattr(upstream, "LEAST_WAIT", 0.05)

    def receive_late(self, *arguments) -> int:
        try:
            return receive(self, *arguments)
        finally:
            time.sleep(late)

    monkeypatch.setattr(DeadlineSocket, "recv_into", receive_late)
    way = ingress(services(waits(released)).port, on_transition=lambda _, state: transitions.append(state))
    for _ in range(breaker.MINIMUM):
        with pytest.raises(UpstreamError) as caught:
            way.send(call(safe=False, seconds=0.1))
        assert caught.value.kind is UPSTREAM_TIMEOUT

    assert transitions == states


def test_a_handshake_that_hangs_is_not_available(ingress, monkeypatch):
    monkeypatch.setattr(upstream, "CONNECT_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UpstreamError) as caught:
        ingress(silent.getsockname()[1]).send(call())

    assert caught.value.kind is UNAVAILABLE
    assert "in time" in caught.value.reason


def test_an_unsafe_call_that_nobody_has_got_is_sent_again(ingress):
    with pytest.raises(UpstreamError) as caught:
        ingress(1).send(call(safe=False, method="POST"))

    assert (caught.value.kind, caught.value.attempts, caught.value.delivered) == (UNAVAILABLE, 3, False)


def test_a_body_goes_along_as_it_is(services, ingress):
    service = services(OK)
    ingress(service.port).send(replace(call(safe=False, method="POST"), body=b'{"a": 1.10}'))

    assert service.requests[0].body == b'{"a": 1.10}'
    assert service.requests[0].headers["content-length"] == "11"


def test_the_deadline_holds_however_slowly_the_request_is_taken(pki, ingress):
    """The other side takes a little now and then."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as pem:
        pem.write(pki.server.certificate + pki.server.private_key)
        pem.flush()
        context.load_cert_chain(pem.name)
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def shake() -> None:
            raw, _ = listener.accept()
            with context.wrap_socket(raw, server_side=True) as connection, contextlib.suppress(OSError):
                while not done.wait(0.02):
                    connection.recv(4096)

        thread = threading.Thread(target=shake)
        thread.start()
        bound = replace(call(safe=False, method="POST", seconds=0.4), body=b" " * 50_000_000)
        with pytest.raises(UpstreamError) as caught:
            ingress(listener.getsockname()[1]).send(bound)
        done.set()  # until now it would have gone on for minutes
        thread.join(10)

    assert caught.value.kind is UPSTREAM_TIMEOUT


def test_a_connection_that_has_long_been_idle_is_not_used_again(services, ingress):
    now = [1000.0]
    service = services(OK)
    way = ingress(service.port, clock=lambda: now[0])
    for pause in (0.0, upstream.IDLE, upstream.IDLE + 1):
        now[0] += pause
        way.send(call())

    assert [request.connection for request in service.requests] == [1, 1, 2]


def test_threads_that_begin_at_once_share_one_certificate(services, ingress, secrets):
    service = services(OK)
    way = ingress(service.port)
    with ThreadPoolExecutor(8) as threads:
        assert {answer.status for answer in threads.map(lambda _: way.send(call()), range(16))} == {200}

    assert len(secrets.calls) == 1
    assert len({request.connection for request in service.requests}) <= 8


def test_without_time_left_nothing_is_sent(services, ingress):
    service = services(OK)
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call(seconds=-1))

    assert caught.value.kind is UPSTREAM_TIMEOUT
    assert service.requests == []


def test_a_kept_connection_that_the_other_side_resets_costs_no_attempt(services, ingress):
    service = services(OK, resets(), OK)
    way = ingress(service.port)
    way.send(call())
    answer = way.send(call())

    assert (answer.status, answer.attempts) == (200, 1)
    assert [request.connection for request in service.requests] == [1, 1, 2]


def test_an_unsafe_call_on_a_kept_connection_is_not_repeated(services, ingress):
    service = services(OK, resets(), OK)
    way = ingress(service.port)
    way.send(call())
    with pytest.raises(UpstreamError):
        way.send(call(safe=False, method="POST"))

    assert len(service.requests) == 2


def test_the_largest_answer_passes(services, ingress):
    body = b'"' + b"x" * (MAX_ANSWER - 2) + b'"'

    assert ingress(services(sends(body)).port).send(call()).body == body


def test_a_connection_with_the_rest_of_an_answer_on_it_is_not_used_again(services, ingress):
    service = services(FINAL["10 MB"][0], OK)
    way = ingress(service.port)
    with pytest.raises(UpstreamError):
        way.send(call())

    assert way.send(call(safe=False, method="POST")).status == 200
    assert [request.connection for request in service.requests] == [1, 2]


def test_a_server_of_another_authority_is_refused(services, ingress, secrets, pki):
    secrets.text = pki.secret(ca=Authority("other").certificate)
    service = services(OK)
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call())

    assert caught.value.kind is UNAVAILABLE
    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.reason
    assert service.requests == []


def test_a_server_of_another_name_is_refused(ingress, pki, tmp_path):
    server = scripted_server(tmp_path, server=pki.servers.server("other"), clients=pki.clients, script=[OK])
    with server as service, pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call())

    assert "CERTIFICATE_VERIFY_FAILED" in caught.value.reason


def test_a_certificate_that_the_ingress_refuses_is_no_answer(services, ingress, secrets, pki):
    secrets.text = pki.secret(client=Authority("other").client("orchestrator"))
    service = services(OK)
    with pytest.raises(UpstreamError):
        ingress(service.port).send(call())

    assert service.requests == []
    assert service.handshake_failures


@pytest.mark.parametrize("text", ["{}", "no json", '{"certificate": "", "private_key": "", "ca": ""}'])
def test_a_secret_of_another_form_is_not_available(ingress, secrets, text):
    secrets.text = text
    with pytest.raises(UpstreamError) as caught:
        ingress(1).send(call())

    assert caught.value.kind is UNAVAILABLE
    assert caught.value.attempts == 1
    assert "client certificate" in caught.value.reason


def test_no_secret_is_not_available(ingress, secrets):
    secrets.status = 400
    with pytest.raises(UpstreamError) as caught:
        ingress(1).send(call())

    assert caught.value.kind is UNAVAILABLE
    assert "ResourceNotFoundException" in caught.value.reason
    assert "arn" not in caught.value.detail


def test_a_new_certificate_opens_new_connections(services, ingress, secrets, monkeypatch):
    monkeypatch.setattr("app.functions.kit.secrets.TTL", 0.0)
    service = services(OK)
    way = ingress(service.port)
    way.send(call())
    way.send(call())
    secrets.version = "v2"
    way.send(call())

    assert [request.connection for request in service.requests] == [1, 1, 2]


def test_calls_can_be_told_apart_from_the_answers_of_others(services, ingress):
    """Threads share the pool; each has a deadline of its own."""
    release = threading.Event()
    first = waits(release)
    service = services(first, OK)
    way = ingress(service.port)
    seen: list[object] = []

    def slow() -> None:
        try:
            way.send(call(seconds=0.4))
        except UpstreamError as error:
            seen.append(error.kind)

    thread = threading.Thread(target=slow)
    thread.start()
    while not service.requests:
        time.sleep(0.01)
    assert json.loads(way.send(call()).body) == {"id": "123"}
    thread.join()
    release.set()

    assert seen == [UPSTREAM_TIMEOUT]


@pytest.mark.parametrize(("seconds", "blamed"), [(0.1, False), (LEAST_WAIT + 0.2, True)])
def test_silence_counts_against_a_service_that_had_time_to_answer(services, ingress, released, seconds, blamed):
    """A caller that comes with next to no time, such as the last of a slow batch, opens no circuit for the others."""
    way = ingress(services(waits(released)).port)
    with pytest.raises(UpstreamError) as caught:
        way.send(call(seconds=seconds))

    assert (caught.value.kind, caught.value.counts) == (UPSTREAM_TIMEOUT, blamed)


def test_callers_without_time_open_no_circuit(services, ingress, released):
    service = services(*[waits(released)] * (2 * MINIMUM), OK)
    way = ingress(service.port)
    for _ in range(2 * MINIMUM):
        with pytest.raises(UpstreamError):
            way.send(call(seconds=0.05))

    assert way.send(call()).status == 200


def test_an_address_that_takes_no_connection_is_not_blamed_for_a_caller_without_time(ingress):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        with pytest.raises(UpstreamError) as caught:
            ingress(address[1]).send(call(seconds=0.3))
        for each in waiting:
            each.close()

    assert caught.value.counts is False
