"""Settings of the Azure half: network, registry, cluster, ingress, databases, services."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from components.settings.checks import Group, LogLevel, at_least, check, in_clouds, in_production, one_of, wrong

EVERYWHERE = IPv4Network("0.0.0.0/0")
RESERVED_BY_AKS = (IPv4Network("172.30.0.0/16"), IPv4Network("172.31.0.0/16"))
"""https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"""


OwnNetwork = Annotated[
    IPv4Network,
    check(lambda network: network.prefixlen >= 8, "must be /8 or longer: the API server is not for everybody"),
]


def _at_home(host: str | None) -> bool:
    return host in ("127.0.0.1", "localhost")


def _encrypted_or_at_home(url: str | None) -> bool:
    parts = urlsplit(url or "https://")
    return parts.scheme == "https" or _at_home(parts.hostname)


def _encrypted(url: str | None) -> bool:
    parts = urlsplit(url or "https://")
    return parts.scheme == "https" and not _at_home(parts.hostname)


class AzureSettings(Group):
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
    """A later change of pods, services or outbound replaces the cluster."""

    addresses: IPv4Network = Field(IPv4Network("10.10.0.0/16"), description="the virtual network")
    nodes: IPv4Network = Field(IPv4Network("10.10.0.0/20"), description="subnet of the nodes, within addresses")
    databases: IPv4Network = Field(
        IPv4Network("10.10.16.0/24"), description="subnet delegated to PostgreSQL, within addresses"
    )
    pods: IPv4Network = Field(IPv4Network("10.244.0.0/16"), description="pods' addresses, in the cluster only")
    services: IPv4Network = Field(
        IPv4Network("10.0.0.0/16"), description="Services' addresses, inside the cluster only"
    )
    outbound: Literal["loadBalancer", "natGateway"] = Field(
        "loadBalancer",
        description="how nodes reach the internet; natGateway gives them an address of their own and many more "
        "connections, at a price per hour",
    )

    @field_validator("nodes", "databases")
    @classmethod
    def _inside(cls, value: IPv4Network, info: ValidationInfo) -> IPv4Network:
        addresses, nodes = info.data.get("addresses"), info.data.get("nodes")
        if addresses is not None and not value.subnet_of(addresses):
            raise wrong(f"must lie within addresses, which is {addresses}")
        if nodes is not None and value.overlaps(nodes):
            raise wrong(f"must not overlap nodes, which is {nodes}")
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
        return self.services[10]


class RegistrySettings(Group):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{5,50}$")] = Field(
        description="name of the container registry, unique on all of Azure: 5 to 50 of a-z and 0-9"
    )
    sku: Literal["Basic", "Standard", "Premium"] = Field(
        "Basic", description="Premium adds zone redundancy and removes untagged images after retentionDays"
    )
    python_image: Annotated[str, StringConstraints(pattern=r"^\S+@sha256:[0-9a-f]{64}$")] | None = Field(
        None, description="image that the services' images start from, by digest; default: what their Dockerfiles name"
    )
    retention_days: int = Field(
        30, ge=7, le=365, description="days until untagged images go; longer than you may want to roll back"
    )


class ClusterSettings(Group):
    kubernetes_version: Annotated[str, one_of("1.35", "1.36")] = Field(
        "1.36", description="minor version; patches come by upgradeChannel, no minor may be skipped"
    )
    tier: Annotated[
        Literal["Free", "Standard", "Premium"],
        in_production(lambda tier: tier != "Free", "must be Standard or Premium: Free has no uptime agreement"),
    ] = Field("Free", description="Standard has a financially backed uptime, Premium adds long-term support")
    node_size: str = Field("Standard_D2ds_v5", description="virtual machine size of the nodes")
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
    maintenance_day: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] = Field(
        "Sunday", description="day of the week on which automatic upgrades may begin"
    )
    maintenance_hour: int = Field(2, ge=0, le=23, description="hour (UTC) from which they have four hours")
    defender: bool = Field(
        False, description="Microsoft Defender watches what runs on the nodes, at a price per core and hour"
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


class IngressSettings(Group):
    dns_label: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,61}[a-z0-9]$")] = Field(
        description="first label of the ingress's name <label>.<location>.cloudapp.azure.com, unique in the location"
    )
    host: str | None = Field(None, description="the ingress's name, if you have a DNS record of your own for it")
    port: int = Field(443, ge=1, le=65535, description="TCP port of the ingress")
    min_replicas: Annotated[int, in_production(lambda count: count >= 2, "must be at least 2")] = Field(
        2, ge=1, le=20, description="Envoy pods, at least"
    )
    max_replicas: Annotated[int, at_least("min_replicas")] = Field(6, ge=1, le=20, description="Envoy pods, at most")
    source_ranges: Annotated[tuple[IPv4Network, ...], check(bool, "must name at least one network")] = Field(
        description="networks that may connect. 0.0.0.0/0 leaves it to the client certificate, as functions outside of "
        "a VPC have no fixed address",
    )

    @property
    def open(self) -> bool:
        return EVERYWHERE in self.source_ranges


class DatabaseSettings(Group):
    version: Annotated[str, one_of("16", "17", "18")] = Field("18", description="major version of PostgreSQL")
    tier: Literal["Burstable", "GeneralPurpose", "MemoryOptimized"] = Field(
        "Burstable", description="compute tier of a service's server; Burstable has no high availability"
    )
    sku: str = Field("Standard_B1ms", description="compute size, one of tier")
    storage_gb: Literal[32, 64, 128, 256, 512, 1024, 2048, 4096] = Field(
        32, description="storage at the start in GiB; it grows by itself and never shrinks"
    )
    backup_days: int = Field(7, ge=7, le=35, description="days for which any moment can be restored")
    geo_redundant_backup: bool = Field(
        False, description="backups also in the paired region; can be chosen at creation only"
    )
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = Field(
        "Disabled", description="a standby server, at twice the price"
    )
    authentication: Annotated[
        Literal["entra", "password"],
        in_production(lambda kind: kind == "entra", "must be entra: a password is a secret that somebody can copy"),
    ] = Field("entra", description="entra: the pod's own identity, no password anywhere")
    port: int = Field(5432, ge=1, le=65535, description="TCP port")
    tls: Annotated[
        Literal["verify-full", "disable"],
        in_clouds(lambda mode: mode == "verify-full", "must be verify-full: disable is for a loopback address only"),
    ] = Field("verify-full", description="sslmode of the services' connections")

    @field_validator("high_availability")
    @classmethod
    def _possible(cls, value: str, info: ValidationInfo) -> str:
        if value != "Disabled" and info.data.get("tier") == "Burstable":
            raise wrong("must be Disabled with tier Burstable")
        return value


class ServiceSettings(Group):
    min_replicas: Annotated[int, in_production(lambda count: count >= 2, "must be at least 2")] = Field(
        2, ge=1, le=100, description="pods, at least"
    )
    max_replicas: Annotated[int, at_least("min_replicas")] = Field(10, ge=1, le=200, description="pods, at most")
    cpu: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*m?$")] = Field(
        "100m",
        description="CPU that a pod is sure of (100m is a tenth of a core); it may use more. The autoscaler's "
        "percentage is of this",
    )
    cpu_target: int = Field(65, ge=10, le=95, description="percent of cpu at which the autoscaler adds pods")
    memory: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi)$")] = Field(
        "192Mi", description="memory that a pod is sure of"
    )
    memory_limit: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi)$")] = Field(
        "384Mi", description="memory at which a pod is killed; about twice memory"
    )
    min_ready_seconds: int = Field(
        5, ge=1, le=60, description="seconds that a new pod must stay ready before a roll-out goes on to the next"
    )
    pre_stop_seconds: int = Field(
        10, ge=1, le=60, description="seconds that a pod still serves while the cluster learns that it leaves"
    )
    drain_seconds: int = Field(
        25,
        ge=1,
        le=300,
        description="seconds after that for the requests it still has; more than any request takes",
    )
    log_level: LogLevel = Field("INFO", description="least level of the lines that are logged")

    @property
    def grace_seconds(self) -> int:
        """Until a pod is killed: both waits and 10 s for the process to end."""
        return self.pre_stop_seconds + self.drain_seconds + 10


class TelemetrySettings(Group):
    endpoint: Annotated[
        Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$")]
        | None,
        check(_encrypted_or_at_home, "must be https; http is for a collector on the loopback"),
        in_clouds(_encrypted, "must be https, and not on the loopback"),
    ] = Field(
        None,
        description="base URL of the OpenTelemetry collector that gets the services' spans, by OTLP over HTTP: "
        "https://host[:port]; <service>.<namespace>.svc for one in the cluster, at the port of its pods. Its "
        "certificate is one of a public authority. Default: no spans",
    )


RESERVED = ("ingress", "kit", "orchestrator")

ServiceName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]{1,19}$"),
    check(lambda name: name not in RESERVED, f"must not be one of {', '.join(RESERVED)}, which name other things"),
]
"""Also a Python package, a database, a Kubernetes name."""

Services = Annotated[dict[ServiceName, ServiceSettings], check(bool, "must name at least one service")]
