"""Calls that are sent again, and calls that never are."""

import pytest

from app.contract.problems import UNAVAILABLE, UPSTREAM_FAILED, UPSTREAM_TIMEOUT
from app.functions.kit.upstream import UpstreamError
from tests.support.scripted import resets, sends
from tests.unit.app.functions.kit.upstream_calls import HEAD, OK, call

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


def test_an_unsafe_call_that_nobody_has_got_is_sent_again(ingress):
    with pytest.raises(UpstreamError) as caught:
        ingress(1).send(call(safe=False, method="POST"))

    assert (caught.value.kind, caught.value.attempts, caught.value.delivered) == (UNAVAILABLE, 3, False)


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
