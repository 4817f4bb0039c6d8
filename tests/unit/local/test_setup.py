from __future__ import annotations

import datetime as dt
import re
import socket
import ssl
import threading
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from local import issuer
from local.errors import LocalError
from local.machine import Machine, write_text
from local.setup import choose_ports, new_authority, open_machine
from planning.certificates import Leaf, common_name, general_names, issue, key_pem, load_key, new_key, pem
from tests.support.contract import document


def test_ports_differ_and_are_kept(tmp_path: Path) -> None:
    first = open_machine(tmp_path)
    assert len(set(asdict(first.ports).values())) == 5
    assert open_machine(tmp_path).ports == first.ports


def test_chosen_endpoint_port_is_taken_and_kept(tmp_path: Path) -> None:
    open_machine(tmp_path)
    assert open_machine(tmp_path, endpoint_port=9777).ports.endpoint == 9777
    assert open_machine(tmp_path).ports.endpoint == 9777


@pytest.mark.parametrize("port", [-5, 0, 65536, 99999])
def test_a_port_that_can_not_be_is_refused_and_forgotten(tmp_path: Path, port: int) -> None:
    with pytest.raises(LocalError, match=rf"^PORT must be a free TCP port .*, not {port}\. Nothing is changed\.$"):
        open_machine(tmp_path, endpoint_port=port)
    assert not (tmp_path / ".local").exists()


def test_a_port_that_somebody_uses_is_refused_and_forgotten(tmp_path: Path) -> None:
    ports = open_machine(tmp_path).ports
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port in (taken.getsockname()[1], ports.emulator):
            with pytest.raises(LocalError, match=f"{ports.emulator} by its emulator.*, not {port}"):
                open_machine(tmp_path, endpoint_port=port)
    assert open_machine(tmp_path).ports == ports


def test_busy_preferred_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        monkeypatch.setattr("local.setup.PREFERRED_ENDPOINT", busy)
        assert choose_ports(None).endpoint != busy


@pytest.mark.parametrize("content", ["", "[]", '{"endpoint": 1}', "{"])
def test_damaged_ports_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "ports.json").write_text(content)
    with pytest.raises(LocalError, match=r"ports\.json is damaged"):
        open_machine(tmp_path)


def test_without_a_stack_the_way_to_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="Start it with `make up`"):
        open_machine(tmp_path, create=False)


def test_long_folder_name_is_no_hindrance(tmp_path: Path) -> None:
    root = tmp_path / ("long" * 30)
    root.mkdir()
    assert open_machine(root).home.is_dir()


def test_every_secret_file_is_its_owners_alone(machine: Machine) -> None:
    assert machine.home.stat().st_mode & 0o777 == 0o700
    keys = [*machine.pki.glob("*.key"), machine.home / "ca.crt"]
    assert len(keys) == 3
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_endpoint_certificate_is_accepted_for_localhost_by_strict_clients(machine: Machine) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(machine.pki / "endpoint.crt", machine.pki / "endpoint.key")
    client = ssl.create_default_context(cafile=str(machine.home / "ca.crt"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with server.wrap_socket(connection, server_side=True) as secured:
                secured.sendall(b"hello")

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            socket.create_connection(listener.getsockname()) as raw,
            client.wrap_socket(raw, server_hostname="localhost") as secured,
        ):
            assert secured.recv(5) == b"hello"
        thread.join()


def test_endpoint_certificate_is_kept_until_it_nears_its_end(machine: Machine) -> None:
    file = machine.pki / "endpoint.crt"
    first = file.read_text()
    open_machine(machine.root)
    assert file.read_text() == first
    ending = Leaf(subject=common_name("localhost"), names=general_names(["localhost"]), hours=24, uses={"server_auth"})
    key = new_key()
    write_text(file, pem(issue(ending, key.public_key(), key)))
    open_machine(machine.root)
    renewed = x509.load_pem_x509_certificate(file.read_bytes())
    assert renewed.not_valid_after_utc - dt.datetime.now(dt.UTC) > dt.timedelta(days=300)


def test_the_authority_of_an_old_stack_whose_key_was_written_is_replaced(machine: Machine) -> None:
    before = (machine.home / "ca.crt").read_text()
    key = machine.pki / "ca.key"
    write_text(key, key_pem(new_key()))
    open_machine(machine.root)
    assert not key.exists()
    assert (machine.home / "ca.crt").read_text() != before


def test_the_authority_signs_for_this_machine_alone_and_its_key_is_nowhere(machine: Machine) -> None:
    """Whoever reads every file of the clone can still sign nothing that a browser with `ca.crt` would take."""
    authority = x509.load_pem_x509_certificate((machine.home / "ca.crt").read_bytes())
    keys = [load_key(file.read_text()).public_key() for file in machine.home.rglob("*.key")]
    assert keys
    assert authority.public_key() not in keys
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert permitted.critical
    assert {str(name.value) for name in permitted.value.permitted_subtrees or ()} == {
        "localhost",
        "127.0.0.1/32",
        "::1/128",
    }


@pytest.mark.parametrize(("name", "taken"), [("localhost", True), ("bank.example", False)])
def test_a_certificate_of_the_authority_for_another_name_is_refused(tmp_path: Path, name: str, taken: bool) -> None:
    authority = new_authority("clone")
    leaf = Leaf(subject=common_name(name), names=general_names([name]), hours=1, uses={"server_auth"})
    issued = issue(leaf, new_key().public_key(), authority)
    verifier = PolicyBuilder().store(Store([authority.certificate])).build_server_verifier(x509.DNSName(name))
    with nullcontext() if taken else pytest.raises(VerificationError):
        verifier.verify(issued, [])


ALICE = issuer.customer("alice")


def test_tokens_of_staff_and_programs_are_known_by_their_claims(machine: Machine) -> None:
    staff = _verify(machine, issuer.token(machine, issuer.staff("bob")))
    program = _verify(machine, issuer.token(machine, issuer.program("erp")))
    assert (staff["groups"], staff["client_id"] == staff["sub"]) == (["staff"], False)
    assert (program["groups"], program["client_id"]) == ([], program["sub"])


def test_no_user_s_token_is_a_program_s() -> None:
    """A token is a program's when it names the same `sub` and `client_id`: no user's id may be the client's."""
    contract = document()
    user_id = contract["components"]["schemas"]["UserId"]["pattern"]
    assert re.search(user_id, "docs")
    assert not re.search(user_id, issuer.customer("docs").client_id)
    assert issuer.customer("docs").is_customer


def _verify(machine: Machine, token: str) -> dict[str, object]:
    keys = issuer.key_set(machine)["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(key for key in keys if key["kid"] == kid))
    claims: dict[str, object] = jwt.decode(
        token, key.key, ["RS256"], audience=issuer.AUDIENCE, issuer=machine.issuer_url
    )
    return claims


def test_token_verifies_against_the_published_documents(machine: Machine) -> None:
    discovery = issuer.discovery(machine)
    assert discovery["issuer"] == machine.issuer_url
    assert discovery["jwks_uri"] == f"{machine.issuer_url}/jwks.json"
    claims = _verify(machine, issuer.token(machine, ALICE, scope="users:read orders:write"))
    assert (claims["sub"], claims["groups"]) == ("alice", [])
    assert claims["scope"] == "users:read orders:write"


def test_key_survives_the_next_start(machine: Machine) -> None:
    token = issuer.token(machine, ALICE)
    open_machine(machine.root)
    _verify(machine, token)


def test_key_set_holds_no_private_part(machine: Machine) -> None:
    (key,) = issuer.key_set(machine)["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
