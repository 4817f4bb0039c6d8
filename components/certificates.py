"""The certificates with which the clouds and the pods know each other.

Two authorities: what one signs is not accepted where the other is asked for, so that no server can act as a caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_tls as tls
from pulumi import ComponentResource, Output, ResourceOptions

from components.credentials import Leaf
from components.settings.certificates import CertificatesSettings


@dataclass(frozen=True, kw_only=True)
class CertificatesArgs:
    settings: CertificatesSettings
    """Labels and lifetimes: the group `certificates` of the stack's file."""
    ingress: str
    """The DNS name of the ingress."""
    services: Mapping[str, str]
    """The DNS names of the services, by service."""
    callers: Mapping[str, str]
    """The URIs by which the ingress knows the functions that call it, by function."""
    protect: bool
    """True if an engine refuses, from its preview on, to remove the authority that signs."""


@dataclass(frozen=True, kw_only=True)
class _Authority:
    """A certificate that signs others, and its secret key, PEM."""

    certificate: Output[str]
    private_key: Output[str]


class Certificates(ComponentResource):
    """The certificates of one stack, and the authorities that sign them.

    pulumi-tls renews nothing by itself (https://github.com/pulumi/pulumi-tls/issues/39): the labels of the settings are
    part of the resources' names, so that another label makes new ones beside the old.
    """

    ingress: Leaf
    """The ingress's certificate."""
    services: Mapping[str, Leaf]
    """The certificates by which the services' pods serve, by service."""
    callers: Mapping[str, Leaf]
    """The certificates of the functions that call the ingress, by function."""
    server_trust: Output[str]
    """The authorities that callers accept servers by, PEM."""
    client_trust: Output[str]
    """The authorities that the ingress accepts callers by, PEM."""

    def __init__(self, name: str, args: CertificatesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:tls:Certificates", name, {}, opts)
        self._settings, self._protect = args.settings, args.protect
        self._own = ResourceOptions(parent=self)
        signing, *_ = labels = args.settings.authorities
        servers = {label: self._authority("server", label, signs=label == signing) for label in labels}
        clients = {label: self._authority("client", label, signs=label == signing) for label in labels}
        self.server_trust, self.client_trust = _bundle(servers), _bundle(clients)
        server, client = servers[signing], clients[signing]
        self.ingress = self._leaf("ingress", server, "server_auth", args.ingress)
        self.services = {name: self._leaf(name, server, "server_auth", host) for name, host in args.services.items()}
        self.callers = {name: self._leaf(name, client, "client_auth", uri) for name, uri in args.callers.items()}
        self.register_outputs({"server_trust": self.server_trust, "client_trust": self.client_trust})

    def _authority(self, kind: str, label: str, *, signs: bool) -> _Authority:
        name, own = f"{kind}-ca-{label}", ResourceOptions(parent=self, protect=self._protect and signs)
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=own)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject=tls.SelfSignedCertSubjectArgs(common_name=f"crosscloud {kind} authority {label}"),
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing"],
            # Python 3.13 refuses authorities without these (ssl.VERIFY_X509_STRICT).
            set_subject_key_id=True,
            set_authority_key_id=True,
            validity_period_hours=self._settings.authority_hours,
            opts=own,
        )
        return _Authority(certificate=certificate.cert_pem, private_key=key.private_key_pem)

    def _leaf(self, name: str, authority: _Authority, use: str, identity: str) -> Leaf:
        uri = "://" in identity
        labelled = f"{name}-{self._settings.epoch}"
        key = tls.PrivateKey(labelled, algorithm="ECDSA", ecdsa_curve="P256", opts=self._own)
        request = tls.CertRequest(
            labelled,
            private_key_pem=key.private_key_pem,
            subject=tls.CertRequestSubjectArgs(common_name=name),
            dns_names=None if uri else [identity],
            uris=[identity] if uri else None,
            opts=self._own,
        )
        certificate = tls.LocallySignedCert(
            labelled,
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=authority.private_key,
            ca_cert_pem=authority.certificate,
            allowed_uses=["digital_signature", use],
            set_subject_key_id=True,
            validity_period_hours=self._settings.leaf_hours,
            opts=self._own,
        )
        return Leaf(identity=identity, certificate=certificate.cert_pem, private_key=key.private_key_pem_pkcs8)


def _bundle(authorities: Mapping[str, _Authority]) -> Output[str]:
    """Joins the certificates in the order of their labels, so that the text stays when another authority signs."""
    return Output.all(*(authorities[label].certificate for label in sorted(authorities))).apply("".join)
