"""The failures of a service, over real sockets: the documented answer inside the deadline, and no change sent twice."""

import socket

import pytest

from app.functions.kit.invocation import RESERVE
from app.functions.kit.retries import ATTEMPTS
from tests.support.scripted import resets, sends
from tests.unit.app.functions.orchestrator.failures import (
    CHANGE,
    FAILURES,
    OVERVIEW,
    USER,
    assert_in_time,
    assert_problem,
    seconds_of,
)


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_of_a_service_has_its_documented_answer(invoke, event, services, released, name):
    behaviour, status = FAILURES[name]
    done = invoke(event(), port=services(behaviour(released)).port, seconds=seconds_of(name))

    assert_problem(done, status)
    assert_in_time(done, name)
    assert (done.log["upstream"], done.log["UpstreamErrors"]) == ("users", 1)
    assert done.log["reason"]


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
