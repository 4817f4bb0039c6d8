"""The two sides know each other by their certificates, or nothing is sent."""

import pytest

from app.contract.problems import UNAVAILABLE
from app.functions.kit.upstream import UpstreamError
from tests.support.pki import Authority
from tests.support.scripted import scripted_server
from tests.unit.app.functions.kit.upstream_calls import OK, call


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
