"""Settings of the Azure half: network, registry, cluster, ingress, databases."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from components.settings.checks import Group, at_least, check, in_clouds, in_production, on_this_machine, one_of, wrong

EVERYWHERE = IPv4Network("0.0.0.0/0")
API_SERVER_PREFIX = 28
"""Bits of the smallest network that the API server takes
(https://learn.microsoft.com/azure/aks/api-server-vnet-integration)."""
MAINTENANCE_HOURS = 4
"""Hours of a maintenance window of the cluster; the least that Azure takes."""
RESERVED_BY_AKS = (IPv4Network("172.30.0.0/16"), IPv4Network("172.31.0.0/16"))
"""Networks that AKS uses itself (https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning)."""

REGISTRY = r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*"
"""A host of container images, with a port and a path where it has them, as a regular expression."""

Weekday = Literal["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

OwnNetwork = Annotated[
    IPv4Network,
    check(lambda network: network.prefixlen >= 8, "must be /8 or longer: the API server is not for everybody"),
]


class AzureSettings(Group):
    """The place of the stack on Azure."""

    location: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]+$")] = Field(
        description="Azure region of everything on Azure, such as westeurope; choose one near the AWS region, every "
        "request crosses the distance"
    )
    subscription_id: UUID | None = Field(None, description="subscription; default: the one that is logged in")
    tenant_id: UUID | None = Field(None, description="Entra tenant; default: the one that is logged in")
    zones: tuple[Annotated[str, one_of("1", "2", "3")], ...] = Field(
        (), description="availability zones of nodes and addresses; none where the location has none"
    )


class NetworkSettings(Group):
    """The plan of all addresses. A later change of pods, services or outbound replaces the cluster."""

    addresses: IPv4Network = Field(IPv4Network("10.10.0.0/16"), description="the virtual network")
    nodes: IPv4Network = Field(IPv4Network("10.10.0.0/20"), description="subnet of the nodes, within addresses")
    databases: IPv4Network = Field(
        IPv4Network("10.10.16.0/24"), description="subnet delegated to PostgreSQL, within addresses"
    )
    api_server: IPv4Network | None = Field(
        None,
        description="subnet of the cluster's API server, within addresses, /28 or larger: nodes then reach it without "
        "leaving the network. Choose it before the cluster is made: it can't be taken back, and giving it later takes "
        "a restart",
    )
    pods: IPv4Network = Field(IPv4Network("10.244.0.0/16"), description="pods' addresses, in the cluster only")
    services: IPv4Network = Field(
        IPv4Network("10.0.0.0/16"), description="Services' addresses, inside the cluster only"
    )
    outbound: Literal["loadBalancer", "natGateway"] = Field(
        "loadBalancer",
        description="how nodes reach the internet; natGateway gives them an address of their own and many more "
        "connections, at a price per hour, and is in one zone: while that is away, no node reaches the internet "
        "(docs/deploy.md, prod)",
    )

    @field_validator("nodes", "databases", "api_server")
    @classmethod
    def _inside(cls, value: IPv4Network | None, info: ValidationInfo) -> IPv4Network | None:
        if value is None:
            return None
        addresses = info.data.get("addresses")
        if addresses is not None and not value.subnet_of(addresses):
            raise wrong(f"must lie within addresses, which is {addresses}")
        for name in ("nodes", "databases"):
            other = info.data.get(name)
            if other is not None and value.overlaps(other):
                raise wrong(f"must not overlap {name}, which is {other}")
        if info.field_name == "api_server" and value.prefixlen > API_SERVER_PREFIX:
            raise wrong(f"must be /{API_SERVER_PREFIX} or larger")
        return value

    @field_validator("pods", "services")
    @classmethod
    def _apart(cls, value: IPv4Network, info: ValidationInfo) -> IPv4Network:
        others = [info.data.get("addresses"), info.data.get("pods"), *RESERVED_BY_AKS]
        for other in others:
            if other is not None and value.overlaps(other):
                raise wrong(f"must not overlap {other}, which is taken")
        return value

    @property
    def dns_service(self) -> IPv4Address:
        """The address of the cluster's DNS, which has to be one of the Services' addresses."""
        return self.services[10]


class RegistrySettings(Group):
    """The container registry."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{5,50}$")] = Field(
        description="name of the container registry, unique on all of Azure: 5 to 50 of a-z and 0-9"
    )
    sku: Literal["Basic", "Standard", "Premium"] = Field(
        "Basic", description="Premium adds zone redundancy and removes untagged images after retentionDays"
    )
    python_image: Annotated[str, StringConstraints(pattern=r"^\S+@sha256:[0-9a-f]{64}$")] | None = Field(
        None,
        description="image that the services' images start from, by digest; default: the one that the Dockerfile names",
    )
    retention_days: int = Field(
        30, ge=7, le=365, description="days until untagged images go; longer than you may want to roll back"
    )


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
        "(docs/deploy.md, 7); the cluster's nodes must be allowed to pull from it, as they are from the stack's own. "
        "Default: docker.io, which limits anonymous pulls by address",
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


class DatabaseAdministrators(Group):
    """An Entra group whose members administer the database servers, each as themselves."""

    object_id: UUID = Field(description="object id of the group in Entra")
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,63}$")] = Field(
        description="display name of the same group, letter by letter: it becomes the role's name, with which members "
        "log in; at most 63 characters, which is all that PostgreSQL keeps of a name"
    )


class DatabaseSettings(Group):
    """The services' database servers, each of them."""

    version: Annotated[str, one_of("16", "17", "18")] = Field(
        "17",
        description="major version of PostgreSQL. The log-in with Entra does not work on some servers with 18 "
        "(https://github.com/Azure/azure-postgresql/issues/132), and there is no way back from an upgrade",
    )
    tier: Literal["Burstable", "GeneralPurpose", "MemoryOptimized"] = Field(
        "Burstable", description="compute tier of a service's server; Burstable has no high availability"
    )
    sku: str = Field("Standard_B2s", description="compute size, one of tier; it also says how many connections fit")
    storage_gb: Literal[32, 64, 128, 256, 512, 1024, 2048, 4096] = Field(
        32,
        description="storage of a new server in GiB. It grows by itself and never shrinks, so that a later change of "
        "this setting has no effect; docs/runbook.md says how to add storage",
    )
    backup_days: int = Field(7, ge=7, le=35, description="days for which any moment can be restored")
    geo_redundant_backup: bool = Field(
        False, description="backups also in the paired region; can be chosen at creation only"
    )
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = Field(
        "Disabled", description="a standby server, at twice the price"
    )
    maintenance_day: Weekday = Field(
        "Saturday",
        description="day of the week for updates of the servers, each of which is away for a minute or so; "
        "another one than the cluster's. Azure ignores it when a server is made: docs/deploy.md has the command that "
        "sets it then",
    )
    maintenance_hour: int = Field(2, ge=0, le=23, description="hour (UTC) in which they begin")
    authentication: Annotated[
        Literal["entra", "password"],
        in_production(lambda kind: kind == "entra", "must be entra: a password is a secret that somebody can copy"),
    ] = Field("entra", description="entra: the pod's own identity, no password anywhere")
    administrators: DatabaseAdministrators | None = Field(
        None,
        description="Entra group of the people who administer the servers, and who read and mend rows in the services' "
        "databases: needed with entra, without effect with password. Services and their migrations have identities of "
        "their own, which are not in it",
    )
    port: int = Field(5432, ge=1, le=65535, description="TCP port")
    tls: Annotated[
        Literal["verify-full", "disable"],
        in_clouds(lambda mode: mode == "verify-full", "must be verify-full: disable is for a loopback address only"),
    ] = Field("verify-full", description="sslmode of the services' connections")
    addresses: Annotated[
        IPv4Network | None,
        in_clouds(lambda network: network is None, "must not be set: databases are in network.databases"),
    ] = Field(None, description="network of the databases, where `make up` has them in a Kubernetes")
    authority: Annotated[
        str | None,
        in_clouds(
            lambda pem: pem is None, "must not be set: Azure's databases have certificates of public authorities"
        ),
    ] = Field(None, description="authority that signs their certificates, PEM, where `make up` has made it")

    @field_validator("high_availability")
    @classmethod
    def _possible(cls, value: str, info: ValidationInfo) -> str:
        if value != "Disabled" and info.data.get("tier") == "Burstable":
            raise wrong("must be Disabled with tier Burstable")
        return value

    @field_validator("administrators")
    @classmethod
    def _with_entra(cls, value: DatabaseAdministrators | None, info: ValidationInfo) -> DatabaseAdministrators | None:
        if value is None and info.data.get("authentication") == "entra":
            raise wrong("must name an Entra group with authentication entra: without one nobody can log in to mend")
        return value
