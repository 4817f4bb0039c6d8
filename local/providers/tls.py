"""pulumi-tls on this machine: real keys and certificates, kept in the state alone."""

from __future__ import annotations

from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from local.certificates import (
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
from local.errors import ProviderError
from local.machine import Machine
from local.provider import Handler, Made, Package, Properties

_SUBJECT = {"commonName": x509.NameOID.COMMON_NAME, "organization": x509.NameOID.ORGANIZATION_NAME}


class _Stateless(Handler):
    """Exists in the state only; every change makes a new one."""

    def delete(self, id_: str, outputs: Properties) -> None:
        pass


class PrivateKey(_Stateless):
    secret_outputs: ClassVar[frozenset[str]] = frozenset({"privateKeyPem", "privateKeyPemPkcs8"})

    def create(self, name: str, inputs: Properties) -> Made:
        if inputs["algorithm"] != "ECDSA" or inputs.get("ecdsaCurve") != "P256":
            raise ProviderError(f"PrivateKey {name!r}: the local stack makes ECDSA keys on P256, asked for {inputs}.")
        key = new_key()
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Made(
            id=_fingerprint(public),
            outputs={
                "privateKeyPem": key_pem(key, serialization.PrivateFormat.TraditionalOpenSSL),
                "privateKeyPemPkcs8": key_pem(key),
                "publicKeyPem": public.decode(),
            },
        )


class SelfSignedCert(_Stateless):
    def create(self, name: str, inputs: Properties) -> Made:
        key = load_key(inputs["privateKeyPem"])
        leaf = _leaf(name, inputs, _subject(inputs), _names(inputs))
        return _made(issue(leaf, key.public_key(), key))


class CertRequest(_Stateless):
    def create(self, name: str, inputs: Properties) -> Made:
        key = load_key(inputs["privateKeyPem"])
        builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(inputs))
        if names := _names(inputs):
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        request = pem(builder.sign(key, hashes.SHA256()))
        return Made(id=_fingerprint(request.encode()), outputs={"certRequestPem": request})


class LocallySignedCert(_Stateless):
    def create(self, name: str, inputs: Properties) -> Made:
        request = x509.load_pem_x509_csr(inputs["certRequestPem"].encode())
        authority = x509.load_pem_x509_certificate(inputs["caCertPem"].encode())
        issuer = Issuer(certificate=authority, key=load_key(inputs["caPrivateKeyPem"]))
        if public_key_of(authority) != issuer.key.public_key():
            raise ProviderError(f"LocallySignedCert {name!r}: caPrivateKeyPem is not the key of caCertPem.")
        try:
            names = list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        except x509.ExtensionNotFound:
            names = []
        return _made(issue(_leaf(name, inputs, request.subject, names), public_key_of(request), issuer))


def _leaf(name: str, inputs: Properties, subject: x509.Name, names: list[x509.GeneralName]) -> Leaf:
    uses = frozenset(inputs.get("allowedUses") or ())
    if unknown := uses - USES:
        raise ProviderError(f"certificate {name!r}: allowedUses may hold {sorted(USES)}, found {sorted(unknown)}.")
    return Leaf(
        subject=subject,
        names=names,
        hours=float(inputs["validityPeriodHours"]),
        uses=uses,
        is_ca=bool(inputs.get("isCaCertificate")),
    )


def _subject(inputs: Properties) -> x509.Name:
    given: dict[str, Any] = inputs.get("subject") or {}
    return x509.Name([x509.NameAttribute(_SUBJECT[key], value) for key, value in sorted(given.items())])


def _names(inputs: Properties) -> list[x509.GeneralName]:
    return general_names(inputs.get("dnsNames") or (), inputs.get("uris") or (), inputs.get("ipAddresses") or ())


def _made(certificate: x509.Certificate) -> Made:
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


def package(_machine: Machine) -> Package:
    return Package(
        handlers={
            "tls:index/privateKey:PrivateKey": PrivateKey(),
            "tls:index/selfSignedCert:SelfSignedCert": SelfSignedCert(),
            "tls:index/certRequest:CertRequest": CertRequest(),
            "tls:index/locallySignedCert:LocallySignedCert": LocallySignedCert(),
        }
    )
