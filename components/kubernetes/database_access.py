"""The access of pods to a database, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from pulumi import Input


@dataclass(frozen=True, kw_only=True)
class DatabaseAccess:
    """The values that a service's pods need to reach their database."""

    url: Input[str]
    """The database's URL with the service's role, secret."""
    authentication: str
    """`entra`, or `password`, which is then in the URL."""
    addresses: IPv4Network
    """The network that databases are in."""
    port: int
    """The database's TCP port."""
