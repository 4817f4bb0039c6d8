"""Keys and X.509 certificates, for the `tls` provider and for the endpoint's own CA."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_EXTENDED_USES = {"server_auth": ExtendedKeyUsageOID.SERVER_AUTH, "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH}
USES = frozenset(
    {"digital_signature", "key_encipherment", "key_agreement", "cert_signing", "crl_signing", *_EXTENDED_USES}
)


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """The signer of a certificate. A self-signed certificate has None in its place."""

    certificate: x509.Certificate
    key: Key


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """The content of a certificate, apart from its key."""

    subject: x509.Name
    names: Sequence[x509.GeneralName]
    hours: float
    """Validity from now, in hours."""
    uses: Collection[str]
    """The uses of the certificate, each one of `USES`."""
    is_ca: bool = False
    permitted: Sequence[x509.GeneralName] = ()
    """The names and networks that a CA may sign for; none: every name."""


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def general_names(
    dns: Sequence[str] = (), uris: Sequence[str] = (), addresses: Sequence[str] = ()
) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in dns),
        *(x509.UniformResourceIdentifier(uri) for uri in uris),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
    ]


def issue(
    leaf: Leaf, public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, issuer: Issuer | Key
) -> x509.Certificate:
    """Returns a certificate signed by `issuer`, or by its own key when that is given."""
    key = issuer.key if isinstance(issuer, Issuer) else issuer
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(leaf.subject)
        .issuer_name(issuer.certificate.subject if isinstance(issuer, Issuer) else leaf.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(hours=leaf.hours))
        .add_extension(x509.BasicConstraints(ca=leaf.is_ca, path_length=None), critical=True)
        .add_extension(_key_usage(leaf.uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    if extended := [_EXTENDED_USES[use] for use in sorted(leaf.uses) if use in _EXTENDED_USES]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    if leaf.names:
        builder = builder.add_extension(x509.SubjectAlternativeName(leaf.names), critical=False)
    if leaf.permitted:
        builder = builder.add_extension(x509.NameConstraints(leaf.permitted, excluded_subtrees=None), critical=True)
    return builder.sign(key, hashes.SHA256())


def _key_usage(uses: Collection[str]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature="digital_signature" in uses,
        content_commitment=False,
        key_encipherment="key_encipherment" in uses,
        data_encipherment=False,
        key_agreement="key_agreement" in uses,
        key_cert_sign="cert_signing" in uses,
        crl_sign="crl_signing" in uses,
        encipher_only=False,
        decipher_only=False,
    )


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def key_pem(key: Key, style: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8) -> str:
    return key.private_bytes(serialization.Encoding.PEM, style, serialization.NoEncryption()).decode()


def load_key(pem: str) -> Key:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, Key):
        raise TypeError(f"{type(key).__name__} keys are not supported; use ECDSA or RSA")
    return key


def public_key_of(
    certificate: x509.Certificate | x509.CertificateSigningRequest,
) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise TypeError(f"{type(key).__name__} keys are not supported; use ECDSA or RSA")
    return key


def pem(certificate: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
