"""The ingress and the pods for somebody on this machine who does not use the gateway."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from cryptography import x509

from local.state import State
from planning.certificates import Issuer, Leaf, common_name, general_names, issue, key_pem, load_key, new_key, pem
from tests.support.stack import Stack, client_context
from tests.support.waiting import PATIENCE

Pair = tuple[str, str]
Maker = Callable[[Stack], Pair | None]


def _authority(stack: Stack, name: str) -> Issuer:
    certificate = stack.outputs_of("selfSignedCert:SelfSignedCert", name)
    return Issuer(
        certificate=x509.load_pem_x509_certificate(certificate["certPem"].encode()),
        key=load_key(certificate["privateKeyPem"]),
    )


def _client(issuer: Issuer, uri: str, *, hours: float = 1) -> Pair:
    key = new_key()
    leaf = Leaf(
        subject=common_name("test"),
        names=general_names(uris=[uri]),
        hours=hours,
        uses={"digital_signature", "client_auth"},
    )
    return pem(issue(leaf, key.public_key(), issuer)), key_pem(key)


def _caller(stack: Stack) -> str:
    certificate = stack.outputs_of("locallySignedCert:LocallySignedCert", _names(stack)["orchestrator"])
    parsed = x509.load_pem_x509_certificate(certificate["certPem"].encode())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (uri,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    return str(uri)


def _names(stack: Stack) -> dict[str, str]:
    """Returns the resource names of the two authorities and of the orchestrator's certificate, in any epoch."""
    entries = [e for e in State(stack.machine.state_file) if e.type.startswith("tls:")]
    authorities = [e.name for e in entries if e.type.endswith("SelfSignedCert")]
    leaves = [e.name for e in entries if e.type.endswith("LocallySignedCert")]
    return {
        "server": next(n for n in authorities if "server" in n),
        "client": next(n for n in authorities if "client" in n),
        "orchestrator": next(n for n in leaves if "orchestrator" in n or "client" in n),
    }


def _stranger() -> Issuer:
    key = new_key()
    leaf = Leaf(subject=common_name("stranger"), names=(), hours=1, uses={"cert_signing"}, is_ca=True)
    return Issuer(certificate=issue(leaf, key.public_key(), key), key=key)


CALLERS: dict[str, Maker] = {
    "no certificate": lambda _: None,
    "another authority": lambda stack: _client(_stranger(), _caller(stack)),
    "the server authority": lambda stack: _client(_authority(stack, _names(stack)["server"]), _caller(stack)),
    "one that has ended": lambda stack: _client(
        _authority(stack, _names(stack)["client"]), _caller(stack), hours=-0.01
    ),
    "another name": lambda stack: _client(_authority(stack, _names(stack)["client"]), "spiffe://crosscloud/local/else"),
}


def _get(stack: Stack, certificate: Pair | None, folder: Path) -> int:
    ca = stack.outputs_of("selfSignedCert:SelfSignedCert", _names(stack)["server"])["certPem"]
    context = client_context(ca, certificate, folder)
    connection = http.client.HTTPSConnection(
        "localhost", stack.machine.ports.ingress, context=context, timeout=PATIENCE
    )
    try:
        connection.request("GET", "/users/123", headers={"x-principal": "token/123", "x-reach": "own"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("case", CALLERS)
def test_stranger_is_refused_in_the_handshake_or_with_403(stack: Stack, tmp_path: Path, case: str) -> None:
    try:
        status = _get(stack, CALLERS[case](stack), tmp_path)
    except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
        return
    assert status == 403


def test_the_orchestrators_certificate_is_let_in(stack: Stack, tmp_path: Path) -> None:
    """Shows that the refusals above are not those of an ingress that refuses everybody."""
    good = _client(_authority(stack, _names(stack)["client"]), _caller(stack))
    assert _get(stack, good, tmp_path) == 200


def test_pods_speak_tls_only(stack: Stack) -> None:
    for pod in stack.pods():
        connection = http.client.HTTPConnection("127.0.0.1", pod["port"], timeout=PATIENCE)
        connection.connect()
        connection.request("GET", "/users/123")
        with pytest.raises((http.client.HTTPException, OSError)):
            connection.getresponse()
        connection.close()


def test_everything_listens_on_loopback_only(stack: Stack) -> None:
    listening = []
    for process in stack.processes():
        try:
            connections = process.net_connections(kind="tcp")
        except psutil.Error:
            continue
        listening += [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
    ports = {address.port for address in listening}
    machine = stack.machine.ports
    assert {machine.endpoint, machine.ingress, machine.issuer, machine.emulator, machine.postgres} <= ports
    assert {pod["port"] for pod in stack.pods()} <= ports
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_plain_http_to_the_endpoint_gets_no_answer(stack: Stack) -> None:
    with socket.create_connection(("127.0.0.1", stack.machine.ports.endpoint), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /users/123 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            answer = connection.recv(100)
        except ConnectionError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 2")
