"""Connections to a service: what goes over them, and which of them are used again."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.contract.problems import UPSTREAM_TIMEOUT
from app.functions.kit import upstream
from app.functions.kit.upstream import MAX_ANSWER, UpstreamError
from tests.support.scripted import sends, waits
from tests.unit.app.functions.kit.upstream_calls import OK, call


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


def test_a_body_goes_along_as_it_is(services, ingress):
    service = services(OK)
    ingress(service.port).send(replace(call(safe=False, method="POST"), body=b'{"a": 1.10}'))

    assert service.requests[0].body == b'{"a": 1.10}'
    assert service.requests[0].headers["content-length"] == "11"


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


def test_the_largest_answer_passes(services, ingress):
    body = b'"' + b"x" * (MAX_ANSWER - 2) + b'"'

    assert ingress(services(sends(body)).port).send(call()).body == body


def test_a_connection_with_the_rest_of_an_answer_on_it_is_not_used_again(services, ingress):
    service = services(sends(b" " * 10_000_000), OK)
    way = ingress(service.port)
    with pytest.raises(UpstreamError):
        way.send(call())

    assert way.send(call(safe=False, method="POST")).status == 200
    assert [request.connection for request in service.requests] == [1, 2]


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
