"""Certificates and their rotation, with real keys and certificates, and real handshakes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pulumi import Output

from components.certificates import Certificates, CertificatesArgs
from components.settings.certificates import CertificatesSettings
from components.settings.checks import Circumstances
from planning.plan import Planned
from policy.changes import judge_authorities
from tests.support.program import STACKS, Program, deployed, run

CONTEXT = Circumstances(production=False, this_machine=False)
CALLER = "spiffe://crosscloud/test/orchestrator"


def issue(**settings: object) -> tuple[Program, dict[str, str]]:
    """Declares the certificates and returns the texts of their outputs too."""
    texts: dict[str, str] = {}

    def main() -> None:
        made = Certificates(
            "certificates",
            CertificatesArgs(
                settings=CertificatesSettings.model_validate(
                    {"authorities": ["a"], "epoch": "1", **settings}, context=CONTEXT
                ),
                ingress="ingress.example.com",
                services={"users": "users.apps.svc"},
                callers={"orchestrator": CALLER},
                protect=True,
            ),
        )
        wanted = {"server_trust": made.server_trust, "client_trust": made.client_trust}
        leaves = {"ingress": made.ingress, **made.callers, **made.services}
        for name, leaf in leaves.items():
            wanted |= {f"{name}.crt": leaf.certificate, f"{name}.key": leaf.private_key}
        Output.all(**wanted).apply(texts.update)

    return run(main), texts


def usages(text: str) -> set[object]:
    return set(
        x509.load_pem_x509_certificate(text.encode()).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    )


def names(text: str) -> list[str]:
    certificate = x509.load_pem_x509_certificate(text.encode())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def test_leaves_are_for_one_name_and_one_use() -> None:
    _, texts = issue()
    assert names(texts["ingress.crt"]) == ["ingress.example.com"]
    assert names(texts["users.crt"]) == ["users.apps.svc"]
    assert names(texts["orchestrator.crt"]) == [CALLER]
    assert usages(texts["ingress.crt"]) == usages(texts["users.crt"]) == {ExtendedKeyUsageOID.SERVER_AUTH}
    assert usages(texts["orchestrator.crt"]) == {ExtendedKeyUsageOID.CLIENT_AUTH}


def test_only_authorities_may_sign() -> None:
    _, texts = issue()
    for name, is_authority in {"server_trust": True, "client_trust": True, "users.crt": False}.items():
        certificate = x509.load_pem_x509_certificate(texts[name].encode())
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.key_cert_sign is is_authority, name
        assert usage.digital_signature is not is_authority, name


def test_callers_and_servers_have_different_authorities() -> None:
    _, texts = issue()
    issuers = {
        name: x509.load_pem_x509_certificate(texts[name].encode()).issuer
        for name in ("ingress.crt", "users.crt", "orchestrator.crt")
    }
    assert issuers["ingress.crt"] == issuers["users.crt"] != issuers["orchestrator.crt"]


def test_another_epoch_renews_leaves_and_leaves_the_authorities_alone() -> None:
    before, _ = issue()
    after, _ = issue(epoch="2")
    assert {r.name for r in before.all("SelfSignedCert")} == {r.name for r in after.all("SelfSignedCert")}
    assert not {r.name for r in before.all("LocallySignedCert")} & {r.name for r in after.all("LocallySignedCert")}


def trusted(texts: dict[str, str], kind: str) -> list[str]:
    found = x509.load_pem_x509_certificates(texts[f"{kind}_trust"].encode())
    return [certificate.subject.rfc4514_string().rpartition(" ")[2] for certificate in found]


def signer(texts: dict[str, str], leaf: str) -> str:
    return x509.load_pem_x509_certificate(texts[f"{leaf}.crt"].encode()).issuer.rfc4514_string().rpartition(" ")[2]


ROTATION = [(["a"], "a", ["a"]), (["a", "b"], "a", ["a", "b"]), (["b", "a"], "b", ["a", "b"]), (["b"], "b", ["b"])]


@pytest.mark.parametrize(("authorities", "signs", "all_of"), ROTATION)
def test_a_step_of_a_rotation_changes_who_is_trusted_or_who_signs(
    authorities: list[str], signs: str, all_of: list[str]
) -> None:
    program, texts = issue(authorities=authorities)
    assert trusted(texts, "server") == trusted(texts, "client") == all_of
    assert {signer(texts, leaf) for leaf in ("ingress", "users", "orchestrator")} == {signs}
    protected = {r.name for r in program.all("SelfSignedCert") if r.protect}
    assert protected == {f"server-ca-{signs}", f"client-ca-{signs}"}


STEPS = [
    (["a"], ["a", "b"], []),
    (["a", "b"], ["b", "a"], []),
    (["b", "a"], ["b"], []),
    (["a", "b"], ["a"], []),
    (["a"], ["b", "a"], ["server-ca-b: it must be trusted", "client-ca-b: it must be trusted"]),
    (["a", "b"], ["b"], ["server-ca-a: it must stay", "client-ca-a: it must stay"]),
    (["a"], ["b"], ["ca-b: it must be trusted", "ca-b: it must", "ca-a: it must stay", "ca-a: it must"]),
]


@pytest.mark.parametrize(("before", "after", "refused"), STEPS)
def test_policy_refuses_a_step_that_cuts_somebody_off(before: list[str], after: list[str], refused: list[str]) -> None:
    found = [str(violation) for violation in judge_authorities(planned(before), planned(after))]
    assert len(found) == len(refused)
    for words in refused:
        assert any(words in sentence for sentence in found), found


def planned(authorities: list[str]) -> list[Planned]:
    program, _ = issue(authorities=authorities)
    return [
        Planned(urn=r.urn, type=r.type, name=r.name, parent="", dependencies=tuple(r.dependencies), properties={})
        for r in program.resources
    ]


def test_the_first_authority_is_nobodys_successor() -> None:
    assert list(judge_authorities([], planned(["a"]))) == []


def test_who_signs_is_kept_from_removal_in_production_only() -> None:
    for stack in STACKS:
        kept = [r.protect for r in deployed(stack, False).all("SelfSignedCert")]
        assert kept == [stack == "prod"] * 2


def test_lifetimes_are_the_settings() -> None:
    program, _ = issue(leafHours=48, authorityHours=96)
    assert {r["validityPeriodHours"] for r in program.all("LocallySignedCert")} == {48}
    assert {r["validityPeriodHours"] for r in program.all("SelfSignedCert")} == {96}


@pytest.mark.parametrize("stack", ["local", "dev", "prod"])
def test_no_private_key_is_in_clear(stack: str) -> None:
    for preview in (True, False):
        for resource in deployed(stack, preview).resources:
            for key, value in resource.inputs.items():
                if "PRIVATE KEY" in str(value):
                    assert key in resource.secrets, f"{resource.type} {resource.name}.{key}"


def handshake(tmp_path: Path, texts: dict[str, str], change: Callable[[dict[str, str]], None] = lambda _: None) -> str:
    """The caller's URI as the server sees it, after mutual TLS as strict as Python 3.13's."""
    texts = dict(texts)
    change(texts)
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "client_trust"))
    server.load_cert_chain(tmp_path / "ingress.crt", tmp_path / "ingress.key")
    client = ssl.create_default_context(cafile=str(tmp_path / "server_trust"))
    client.load_cert_chain(tmp_path / "orchestrator.crt", tmp_path / "orchestrator.key")
    server.verify_mode = ssl.CERT_REQUIRED
    for context in (server, client):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    near, far = socket.socketpair()
    seen: list[str] = []

    def serve() -> None:
        try:
            with server.wrap_socket(far, server_side=True) as tls:
                peer: Any = tls.getpeercert()
                seen.extend(value for kind, value in peer["subjectAltName"] if kind == "URI")
                tls.sendall(b"welcome")
        except ssl.SSLError:
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(near, server_hostname="ingress.example.com") as tls:
            assert tls.recv(7) == b"welcome"
    finally:
        thread.join(10)
        near.close()
        far.close()
    return seen[0]


def test_mutual_tls_works_under_the_strictest_checks(tmp_path: Path) -> None:
    _, texts = issue()
    assert handshake(tmp_path, texts) == CALLER


def test_server_certificate_does_not_make_a_caller(tmp_path: Path) -> None:
    _, texts = issue()

    def impersonate(files: dict[str, str]) -> None:
        files |= {"orchestrator.crt": files["users.crt"], "orchestrator.key": files["users.key"]}

    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        handshake(tmp_path, texts, impersonate)


def test_service_does_not_pass_for_the_ingress(tmp_path: Path) -> None:
    _, texts = issue()

    def impersonate(files: dict[str, str]) -> None:
        files |= {"ingress.crt": files["users.crt"], "ingress.key": files["users.key"]}

    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'ingress\.example\.com'"):
        handshake(tmp_path, texts, impersonate)
