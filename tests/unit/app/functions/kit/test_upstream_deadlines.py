"""The deadline of a call holds, and a caller without time blames no service."""

import contextlib
import socket
import ssl
import tempfile
import threading
import time
from dataclasses import replace

import pytest

from app.contract.problems import UNAVAILABLE, UPSTREAM_TIMEOUT
from app.functions.kit import breaker, upstream
from app.functions.kit.breaker import MINIMUM
from app.functions.kit.tls import DeadlineSocket
from app.functions.kit.upstream import LEAST_WAIT, UpstreamError
from tests.support.scripted import drips, waits
from tests.unit.app.functions.kit.upstream_calls import HEAD, OK, call

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


def test_without_time_left_nothing_is_sent(services, ingress):
    service = services(OK)
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call(seconds=-1))

    assert caught.value.kind is UPSTREAM_TIMEOUT
    assert service.requests == []


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
