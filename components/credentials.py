"""Certificates and addresses as values, which pass from the component that makes them to those that use them."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A certificate that stands for one name, with its key."""

    identity: str
    """The DNS name or the URI that the certificate is for."""
    certificate: Output[str]
    """The certificate, PEM."""
    private_key: Output[str]
    """The certificate's key, PEM (PKCS 8), secret."""


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """The values that a function needs to call the services: the ingress, and the proof of who calls."""

    url: str
    """The ingress's URL, without a slash at its end."""
    client: Leaf
    """The caller's certificate."""
    server_trust: Output[str]
    """The authorities that may have signed the ingress's certificate, PEM."""
