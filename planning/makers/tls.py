"""pulumi-tls: real keys and certificates."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from planning.certificates import (
    USES,
    Issuer,
    Leaf,
    general_names,
    issue,
    key_pem,
    load_key,
    new_key,
    pem,
    public_key_of,
)
from planning.errors import PlanningError
from planning.makers import Made, Maker, Properties

_SUBJECT = {"commonName": x509.NameOID.COMMON_NAME, "organization": x509.NameOID.ORGANIZATION_NAME}


def private_key(name: str, inputs: Properties) -> Made:
    """Makes an ECDSA key on the curve P256."""
    if inputs["algorithm"] != "ECDSA" or inputs.get("ecdsaCurve") != "P256":
        raise PlanningError(f"PrivateKey {name!r}: the local stack makes ECDSA keys on P256, not {inputs}.")
    key = new_key()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Made(
        id=_fingerprint(public),
        outputs={
            "privateKeyPem": key_pem(key, serialization.PrivateFormat.TraditionalOpenSSL),
            "privateKeyPemPkcs8": key_pem(key),
            "publicKeyPem": public.decode(),
        },
    )


def self_signed_cert(name: str, inputs: Properties) -> Made:
    """Makes a certificate that its own key signs."""
    key = load_key(inputs["privateKeyPem"])
    return _certificate(issue(_leaf(name, inputs, _subject(inputs), _names(inputs)), key.public_key(), key))


def cert_request(_name: str, inputs: Properties) -> Made:
    """Makes a request for a certificate."""
    key = load_key(inputs["privateKeyPem"])
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(inputs))
    if names := _names(inputs):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    request = pem(builder.sign(key, hashes.SHA256()))
    return Made(id=_fingerprint(request.encode()), outputs={"certRequestPem": request})


def locally_signed_cert(name: str, inputs: Properties) -> Made:
    """Makes the certificate that was requested, signed by an authority."""
    request = x509.load_pem_x509_csr(inputs["certRequestPem"].encode())
    authority = x509.load_pem_x509_certificate(inputs["caCertPem"].encode())
    issuer = Issuer(certificate=authority, key=load_key(inputs["caPrivateKeyPem"]))
    if public_key_of(authority) != issuer.key.public_key():
        raise PlanningError(f"LocallySignedCert {name!r}: caPrivateKeyPem is not the key of caCertPem.")
    try:
        names = list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        names = []
    return _certificate(issue(_leaf(name, inputs, request.subject, names), public_key_of(request), issuer))


def _leaf(name: str, inputs: Properties, subject: x509.Name, names: list[x509.GeneralName]) -> Leaf:
    uses = frozenset(inputs.get("allowedUses") or ())
    if unknown := uses - USES:
        raise PlanningError(f"certificate {name!r}: allowedUses may hold {sorted(USES)}, found {sorted(unknown)}.")
    return Leaf(
        subject=subject,
        names=names,
        hours=float(inputs["validityPeriodHours"]),
        uses=uses,
        is_ca=bool(inputs.get("isCaCertificate")),
    )


def _subject(inputs: Properties) -> x509.Name:
    parts: dict[str, Any] = inputs.get("subject") or {}
    return x509.Name([x509.NameAttribute(_SUBJECT[key], value) for key, value in sorted(parts.items())])


def _names(inputs: Properties) -> list[x509.GeneralName]:
    return general_names(inputs.get("dnsNames") or (), inputs.get("uris") or (), inputs.get("ipAddresses") or ())


def _certificate(certificate: x509.Certificate) -> Made:
    return Made(
        id=str(certificate.serial_number),
        outputs={
            "certPem": pem(certificate),
            "validityStartTime": certificate.not_valid_before_utc.isoformat(),
            "validityEndTime": certificate.not_valid_after_utc.isoformat(),
            "readyForRenewal": False,
        },
    )


def _fingerprint(data: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize().hex()


_PRIVATE_KEY = "tls:index/privateKey:PrivateKey"
MAKERS: dict[str, Maker] = {
    _PRIVATE_KEY: private_key,
    "tls:index/selfSignedCert:SelfSignedCert": self_signed_cert,
    "tls:index/certRequest:CertRequest": cert_request,
    "tls:index/locallySignedCert:LocallySignedCert": locally_signed_cert,
}
SECRETS = {_PRIVATE_KEY: frozenset({"privateKeyPem", "privateKeyPemPkcs8"})}
"""Outputs that are secret by nature, by type."""
