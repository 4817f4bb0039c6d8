from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from planning.errors import PlanningError
from planning.makers.tls import cert_request, locally_signed_cert, private_key, self_signed_cert

P256 = {"algorithm": "ECDSA", "ecdsaCurve": "P256"}


def _authority() -> tuple[str, str]:
    key = private_key("ca", P256).outputs["privateKeyPem"]
    inputs = {
        "privateKeyPem": key,
        "isCaCertificate": True,
        "allowedUses": ["cert_signing", "crl_signing"],
        "validityPeriodHours": 24,
        "subject": {"commonName": "ca", "organization": "test"},
    }
    return key, self_signed_cert("ca", inputs).outputs["certPem"]


def _leaf(ca_key: str, ca: str, **names: list[str]) -> str:
    key = private_key("leaf", P256).outputs["privateKeyPem"]
    request = cert_request("leaf", {"privateKeyPem": key, "subject": {"commonName": "leaf"}, **names})
    inputs = {
        "certRequestPem": request.outputs["certRequestPem"],
        "caPrivateKeyPem": ca_key,
        "caCertPem": ca,
        "allowedUses": ["digital_signature", "server_auth"],
        "validityPeriodHours": 2,
    }
    pem: str = locally_signed_cert("leaf", inputs).outputs["certPem"]
    return pem


def test_chain_verifies_for_its_name_and_for_no_other() -> None:
    key, ca = _authority()
    leaf = x509.load_pem_x509_certificate(_leaf(key, ca, dnsNames=["users.shop.svc"]).encode())
    store = Store([x509.load_pem_x509_certificate(ca.encode())])
    verify = PolicyBuilder().store(store)
    verify.build_server_verifier(x509.DNSName("users.shop.svc")).verify(leaf, [])
    with pytest.raises(x509.verification.VerificationError):
        verify.build_server_verifier(x509.DNSName("billing.shop.svc")).verify(leaf, [])


def test_names_uses_and_lifetime_are_those_of_the_request() -> None:
    key, ca = _authority()
    leaf = x509.load_pem_x509_certificate(_leaf(key, ca, uris=["spiffe://x/y"], ipAddresses=["127.0.0.1"]).encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://x/y"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert 7100 < (leaf.not_valid_after_utc - leaf.not_valid_before_utc).total_seconds() < 7300


def test_key_of_another_authority_is_refused() -> None:
    _, ca = _authority()
    other, _ = _authority()
    with pytest.raises(PlanningError, match="caPrivateKeyPem is not the key of caCertPem"):
        _leaf(other, ca)


def test_unknown_use_is_refused_with_the_allowed_ones() -> None:
    key = private_key("ca", P256).outputs["privateKeyPem"]
    with pytest.raises(PlanningError, match=r"allowedUses may hold .*'server_auth'.* found \['fly'\]"):
        self_signed_cert("x", {"privateKeyPem": key, "allowedUses": ["fly"], "validityPeriodHours": 1})
