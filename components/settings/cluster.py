"""Settings of the Kubernetes cluster."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from components.settings.checks import Group, at_least, check, in_production, on_this_machine, one_of, wrong
from components.settings.hours import Weekday

MAINTENANCE_HOURS = 4
"""Hours of a maintenance window of the cluster; the least that Azure takes."""

OwnNetwork = Annotated[
    IPv4Network,
    check(lambda network: network.prefixlen >= 8, "must be /8 or longer: the API server is not for everybody"),
]


class ClusterSettings(Group):
    """The Kubernetes cluster."""

    kubernetes_version: Annotated[str, one_of("1.35", "1.36")] = Field(
        "1.36", description="minor version; patches come by upgradeChannel, no minor may be skipped"
    )
    tier: Annotated[
        Literal["Free", "Standard", "Premium"],
        in_production(lambda tier: tier != "Free", "must be Standard or Premium: Free has no uptime agreement"),
    ] = Field("Free", description="Standard has a financially backed uptime, Premium adds long-term support")
    node_size: str = Field("Standard_D2ds_v5", description="virtual machine size of the nodes")
    os_disk: Literal["Managed", "Ephemeral"] = Field(
        "Managed",
        description="where the nodes' system is: Ephemeral is the node's own disk, faster and free of charge, and "
        "needs a nodeSize that has osDiskGb of it. Choose it before the cluster is made: Azure refuses to change it",
    )
    os_disk_gb: int | None = Field(
        None,
        ge=30,
        le=2048,
        description="GiB of the disk of a node's system, which images and logs share. Default: 128 for sizes of up to "
        "7 cores, more than a Standard_D2ds_v5 has of its own. Choose it before the cluster is made, too",
    )
    min_nodes: int = Field(1, ge=1, le=100, description="nodes of the system pool, at least")
    max_nodes: Annotated[int, at_least("min_nodes")] = Field(
        3, ge=1, le=100, description="nodes of the system pool, at most"
    )
    node_auto_provisioning: bool = Field(
        False,
        description="Azure adds the nodes that services need and keeps the system pool to itself; such a cluster can't "
        "be stopped at night",
    )
    upgrade_channel: Literal["none", "patch", "stable", "rapid"] = Field(
        "patch",
        description="automatic upgrades of Kubernetes; with patch, minors come by kubernetesVersion alone",
    )
    node_os_upgrade_channel: Literal["None", "Unmanaged", "SecurityPatch", "NodeImage"] = Field(
        "SecurityPatch", description="automatic upgrades of the nodes' operating system"
    )
    maintenance_day: Weekday = Field("Sunday", description="day of the week on which automatic upgrades may begin")
    maintenance_hour: int = Field(2, ge=0, le=23, description="hour (UTC) from which they have four hours")
    defender: bool = Field(
        False, description="Microsoft Defender watches what runs on the nodes, at a price per core and hour"
    )
    service_mesh: Annotated[
        Literal["none", "istio"],
        on_this_machine(lambda mesh: mesh == "none", "must be none: Istio is an add-on of Azure's clusters"),
    ] = Field(
        "none",
        description="with istio, Azure's add-on is switched on: the services' pods take mutual TLS of side-cars alone, "
        "and of these only the ingress's, besides the TLS that they have anyway "
        "(docs/decisions/0022-a-mesh-of-side-cars.md)",
    )
    mesh_revisions: tuple[Annotated[str, StringConstraints(pattern=r"^asm-1-(3[0-9]|[4-9][0-9])$")], ...] = Field(
        (),
        max_length=2,
        description="revisions of Istio, needed with serviceMesh istio: one, and during an upgrade the next one after "
        "it; pods join the last. `az aks mesh get-revisions` shows those of a location; each lives some seven months. "
        "asm-1-30 or later: from it on side-cars need no rights in the pods",
    )
    safeguards: Literal["Warn", "Enforce"] = Field(
        "Warn",
        description="what Azure's deployment safeguards do about objects against best practice; Enforce once Warn has "
        "been quiet for a while",
    )
    admin_group_object_ids: Annotated[tuple[UUID, ...], check(bool, "must name at least one group")] = Field(
        description="Entra groups that administer the cluster; whoever runs `pulumi up` is a member of one"
    )
    authorized_ip_ranges: Annotated[tuple[OwnNetwork, ...], check(bool, "must name at least one network")] = Field(
        max_length=200, description="networks that reach the API server: offices, CI; at most 200"
    )

    @field_validator("mesh_revisions")
    @classmethod
    def _with_a_mesh(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("service_mesh") == "istio" and not value:
            raise wrong("must name a revision with serviceMesh istio: `az aks mesh get-revisions` shows them")
        if info.data.get("service_mesh") == "none" and value:
            raise wrong("must be absent with serviceMesh none")
        return value
