"""Certificates that change and that end, at the side of the caller."""

import contextlib
import datetime as dt
import time

import pytest

from app.contract.problems import UNAVAILABLE
from app.functions.kit import upstream
from app.functions.kit.upstream import Call, UpstreamError
from tests.support.pki import DAY, Authority
from tests.support.scripted import Scripted, scripted_server, sends

OK = sends(b'{"id":"123"}')
PAST = -dt.timedelta(minutes=1)


@pytest.fixture
def other() -> Authority:
    """Returns the next authority, or a stranger's."""
    return Authority("other")


@pytest.fixture
def served(tmp_path, pki):
    """Starts the other side with a certificate and an authority for its callers."""
    with contextlib.ExitStack() as stack:

        def start(*, server=pki.server, clients=pki.clients) -> Scripted:
            return stack.enter_context(scripted_server(tmp_path, server=server, clients=clients, script=[OK]))

        yield start


@pytest.fixture
def rotated(secrets, monkeypatch):
    """Returns a function that makes the pause between two attempts rotate the secret."""
    monkeypatch.setattr("app.functions.kit.secrets.YOUNG", 0.0)

    def rotate(text: str):
        def sleep(_: float) -> None:
            secrets.text, secrets.version = text, "v2"

        return sleep

    return rotate


def call(*, safe: bool = True) -> Call:
    return Call(
        upstream="users",
        method="GET" if safe else "POST",
        path="/users/123",
        headers={},
        safe=safe,
        answers=frozenset({200}),
        deadline=time.monotonic() + 5,
    )


@pytest.mark.parametrize("safe", [True, False])
def test_a_server_of_the_next_authority_is_known_as_soon_as_the_secret_is(served, ingress, rotated, pki, other, safe):
    service = served(server=other.server("127.0.0.1"))
    both = pki.secret(ca=pki.servers.certificate + other.certificate)
    answer = ingress(service.port, sleep=rotated(both)).send(call(safe=safe))

    assert (answer.status, answer.attempts, len(service.requests)) == (200, 2, 1)


@pytest.mark.parametrize("safe", [True, False])
def test_a_refused_client_certificate_is_replaced_by_the_secrets(served, ingress, rotated, pki, other, safe):
    service = served(clients=other)
    answer = ingress(service.port, sleep=rotated(pki.secret(client=other.client("orchestrator")))).send(call(safe=safe))

    assert (answer.status, answer.attempts, len(service.requests)) == (200, 2, 1)


def test_a_stranger_in_the_ingress_place_is_refused_and_the_secret_fetched_once(served, ingress, secrets, other):
    service = served(server=other.server("127.0.0.1"))
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call())

    assert (caught.value.kind, caught.value.attempts) == (UNAVAILABLE, 3)
    assert len(secrets.calls) == 1


def test_an_ingress_whose_certificate_has_ended_is_refused(served, ingress, pki):
    service = served(server=pki.servers.server("127.0.0.1", lasts=PAST))
    with pytest.raises(UpstreamError) as caught:
        ingress(service.port).send(call())

    assert "certificate has expired" in caught.value.reason
    assert service.requests == []


def test_a_function_whose_certificate_has_ended_is_refused(served, ingress, secrets, pki):
    secrets.text = pki.secret(client=pki.clients.client("orchestrator", lasts=PAST))
    service = served()
    with pytest.raises(UpstreamError):
        ingress(service.port).send(call())

    assert service.requests == []
    assert service.handshake_failures


ENDS = {
    "the function's": lambda pki: (pki.secret(client=pki.clients.client("a", lasts=DAY / 2)), pki.server),
    "an authority's": lambda pki: (
        pki.secret(ca=pki.servers.certificate + Authority("old", lasts=DAY / 2).certificate),
        pki.server,
    ),
    "the ingress'": lambda pki: (pki.secret(), pki.servers.server("127.0.0.1", lasts=DAY / 2)),
}


@pytest.mark.parametrize("case", ENDS)
def test_the_first_end_of_all_certificates_is_reported(served, ingress, secrets, pki, case):
    secrets.text, server = ENDS[case](pki)
    told = []
    ingress(served(server=server).port, on_days_left=told.append).send(call())

    assert told == [pytest.approx(0.5, abs=0.01)]


def test_it_is_reported_every_hour_and_when_the_certificate_changes(served, ingress, secrets, monkeypatch):
    monkeypatch.setattr("app.functions.kit.secrets.TTL", 0.0)
    now, told = [1000.0], []
    way = ingress(served().port, clock=lambda: now[0], on_days_left=told.append)
    for seconds in (0, 1, upstream.CERTIFICATES_EVERY - 2, 1):
        now[0] += seconds
        way.send(call())
    assert len(told) == 2

    secrets.version = "v2"
    way.send(call())
    assert len(told) == 3


def test_it_is_reported_while_nothing_works(ingress):
    told = []
    with pytest.raises(UpstreamError):
        ingress(1, on_days_left=told.append).send(call())

    assert told == [pytest.approx(1, abs=0.01)]


def test_the_orchestrators_log_has_it_as_a_metric(invoke, event, services):
    (line,) = invoke(event(), port=services(OK).port).certificates

    assert line["CertificateDaysLeft"] == pytest.approx(1, abs=0.01)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "crosscloud",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "CertificateDaysLeft", "Unit": "None"}],
    }
    assert line["service"] == "orchestrator"
