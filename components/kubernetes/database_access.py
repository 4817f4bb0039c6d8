"""The access of pods to a database, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_kubernetes as k8s
from pulumi import Input, Output

core = k8s.core.v1

_FOLDER, _AUTHORITY, _VOLUME = "/database", "ca.crt", "database"


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
    authority: str | None = None
    """The authority that signs the database's certificate, PEM. None: a public one, which the images trust."""

    def content(self, url: Input[str]) -> Mapping[str, Input[str]]:
        """Returns the content of a Secret: a URL of the database, and its authority where that is not public."""
        if self.authority is None:
            return {"url": url}
        return {"url": Output.concat(url, f"&sslrootcert={_FOLDER}/{_AUTHORITY}"), _AUTHORITY: self.authority}

    def volumes(self, secret: str) -> list[core.VolumeArgs]:
        """Returns the volume with the authority that is in the Secret; none where it is a public one."""
        if self.authority is None:
            return []
        items = [core.KeyToPathArgs(key=_AUTHORITY, path=_AUTHORITY)]
        return [core.VolumeArgs(name=_VOLUME, secret=core.SecretVolumeSourceArgs(secret_name=secret, items=items))]

    def mounts(self) -> list[core.VolumeMountArgs]:
        """Returns the place of that volume in a container."""
        if self.authority is None:
            return []
        return [core.VolumeMountArgs(name=_VOLUME, mount_path=_FOLDER, read_only=True)]
