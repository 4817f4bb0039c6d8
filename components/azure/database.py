"""A service's own PostgreSQL server, reached through the virtual network by that service's identity only."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import get_args

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.monitoring import Condition, Monitoring
from components.azure.placement import Placement
from components.azure.workload_identity import WorkloadIdentity
from components.settings.azure import DatabaseSettings, Weekday
from components.settings.connections import taken_by

pg = azure.dbforpostgresql

LOGS = ("PostgreSQLLogs",)
"""The log of the server itself: errors, refused log-ins, checkpoints."""


def alerts(sku: str) -> dict[str, Condition]:
    """Returns what people are told of a server of the size `sku`, by a name for each.

    The metrics: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-monitoring
    """
    conditions = {
        "away": Condition(
            metric="is_db_alive",
            statistic="Maximum",
            below=True,
            threshold=1,
            minutes=5,
            severity=0,
            summary="The database server does not answer",
        ),
        "storage": Condition(
            metric="storage_percent",
            statistic="Average",
            threshold=85,
            minutes=15,
            severity=1,
            summary="The storage did not grow by itself; at 95 % the server refuses to write",
        ),
        "cpu": Condition(
            metric="cpu_percent",
            statistic="Average",
            threshold=80,
            minutes=15,
            severity=2,
            summary="The database server has little left for more load",
        ),
    }
    if limit := taken_by(sku):
        conditions["connections"] = Condition(
            metric="active_connections",
            statistic="Maximum",
            threshold=round(limit * 0.8),
            minutes=5,
            severity=2,
            summary=f"Four fifths of the {limit} connections that the server takes are open",
        )
    return conditions


@dataclass(frozen=True, kw_only=True)
class DatabaseNetwork:
    """The part of the virtual network in which the servers are: nothing else reaches them."""

    subnet_id: Output[str]
    """The subnet that is delegated to PostgreSQL."""
    zone_id: Output[str]
    """The private DNS zone of the servers' names; known once names in it can be resolved."""
    addresses: IPv4Network
    """The subnet's addresses."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    placement: Placement
    """Where the server goes."""
    network: DatabaseNetwork
    """The network through which the server is reached."""
    monitoring: Monitoring
    """Where the server's logs are kept and who is told of its alerts."""
    settings: DatabaseSettings
    """Version, size and log-in: the group `database` of the stack's file, the same for all services."""
    owner: WorkloadIdentity
    """The identity that administers the server, where its log-in is Entra's."""
    protect: bool
    """Whether an engine refuses to delete or replace the server."""


class Database(ComponentResource):
    """A PostgreSQL server of one service, with one database.

    With Entra the service's identity administers the server, so that no password and no set-up by SQL is needed. One
    service's load and restore leave the others alone.
    """

    url: Output[str]
    """`postgresql://role[:password]@host:port/database?sslmode=...`, secret."""
    authentication: str
    """`entra`, or `password`, which is then in the URL."""
    port: int
    """The server's TCP port."""

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Database", name, {}, opts)
        settings, place = args.settings, args.placement
        entra = settings.authentication == "entra"
        self.authentication, self.port = settings.authentication, settings.port
        password = None if entra else _password(name, ResourceOptions(parent=self)).result
        server = pg.Server(
            name,
            resource_group_name=place.group_name,
            location=place.location,
            version=settings.version,
            sku=pg.SkuArgs(name=settings.sku, tier=settings.tier),
            storage=pg.StorageArgs(storage_size_gb=settings.storage_gb, auto_grow="Enabled"),
            backup=pg.BackupArgs(
                backup_retention_days=settings.backup_days,
                geo_redundant_backup="Enabled" if settings.geo_redundant_backup else "Disabled",
            ),
            maintenance_window=pg.MaintenanceWindowArgs(
                custom_window="Enabled",
                # Azure's week begins on Sunday, with 0.
                day_of_week=get_args(Weekday).index(settings.maintenance_day),
                start_hour=settings.maintenance_hour,
                start_minute=0,
            ),
            high_availability=pg.HighAvailabilityArgs(mode=settings.high_availability),
            network=pg.NetworkArgs(
                delegated_subnet_resource_id=args.network.subnet_id,
                private_dns_zone_arm_resource_id=args.network.zone_id,
                public_network_access="Disabled",
            ),
            auth_config=pg.AuthConfigArgs(
                active_directory_auth="Enabled" if entra else "Disabled",
                password_auth="Disabled" if entra else "Enabled",
                tenant_id=place.tenant_id if entra else None,
            ),
            administrator_login=None if entra else name,
            administrator_login_password=password,
            tags=place.tags,
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        database = pg.Database(
            name,
            resource_group_name=place.group_name,
            server_name=server.name,
            database_name=name,
            charset="UTF8",
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        role: Output[str] = Output.from_input(name)
        if entra:
            role = args.owner.principal_name
            pg.AdministratorsMicrosoftEntra(
                name,
                resource_group_name=place.group_name,
                server_name=server.name,
                object_id=args.owner.principal_id,
                principal_name=role,
                principal_type="ServicePrincipal",
                tenant_id=place.tenant_id,
                # A server takes one change at a time.
                opts=ResourceOptions(parent=self, depends_on=[database]),
            )
        args.monitoring.keep_logs(f"{name}-database", of=server.id, categories=LOGS, parent=self)
        for alert, condition in alerts(settings.sku).items():
            args.monitoring.alert(f"{name}-database-{alert}", condition, of=server.id, parent=self)
        user = Output.concat(role, ":", password) if password else role
        where = Output.concat(server.fully_qualified_domain_name, f":{settings.port}/{name}?sslmode={settings.tls}")
        self.url = Output.secret(Output.concat("postgresql://", user, "@", where))
        self.register_outputs({"url": self.url})


def _password(name: str, opts: ResourceOptions) -> random.RandomPassword:
    """Declares a password of letters and digits, which needs no quoting in a URL."""
    return random.RandomPassword(name, length=32, special=False, min_lower=1, min_upper=1, min_numeric=1, opts=opts)
