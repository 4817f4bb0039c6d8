"""Settings of the way into the cluster."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import Field, StringConstraints

from components.settings.checks import Group, at_least, check, in_production

EVERYWHERE = IPv4Network("0.0.0.0/0")
REGISTRY = r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*"
"""A host of container images, with a port and a path where it has them, as a regular expression."""


class IngressSettings(Group):
    """The way into the cluster."""

    dns_label: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,61}[a-z0-9]$")] = Field(
        description="first label of the ingress's name <label>.<location>.cloudapp.azure.com, unique in the location"
    )
    host: str | None = Field(None, description="the ingress's name, if you have a DNS record of your own for it")
    port: int = Field(443, ge=1, le=65535, description="TCP port of the ingress")
    min_replicas: Annotated[int, in_production(lambda count: count >= 2, "must be at least 2")] = Field(
        2, ge=1, le=20, description="Envoy pods, at least"
    )
    max_replicas: Annotated[int, at_least("min_replicas")] = Field(6, ge=1, le=20, description="Envoy pods, at most")
    image_registry: Annotated[str, StringConstraints(pattern=f"^{REGISTRY}$")] | None = Field(
        None,
        description="registry with copies of the images of Envoy and of its controller, such as NAME.azurecr.io "
        "(docs/deploy.md, section 7); the cluster's nodes must be allowed to pull from it, as they are from the "
        "stack's own. Default: docker.io, which limits anonymous pulls by address",
    )
    charts: Annotated[str, StringConstraints(pattern=f"^oci://{REGISTRY}$")] = Field(
        "oci://docker.io/envoyproxy",
        description="OCI registry and path of the charts that install Envoy's controller; whoever deploys reads them",
    )
    source_ranges: Annotated[tuple[IPv4Network, ...], check(bool, "must name at least one network")] = Field(
        description="networks that may connect. 0.0.0.0/0 leaves it to the client certificate, as functions outside of "
        "a VPC have no fixed address",
    )

    @property
    def open(self) -> bool:
        """True if connections from everywhere get as far as the check of the client certificate."""
        return EVERYWHERE in self.source_ranges
