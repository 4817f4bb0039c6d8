"""A service's own PostgreSQL server, reached through the virtual network by that service's identities and by people."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import get_args

import pulumi_azure_native as azure
import pulumi_random as random
from pulumi import ComponentResource, Output, Resource, ResourceHookBinding, ResourceOptions

from components.azure.busy_server import again_while_busy
from components.azure.database_alerts import alerts
from components.azure.monitoring import Monitoring
from components.azure.placement import Placement
from components.azure.workload_identity import WorkloadIdentity
from components.settings.database import DatabaseSettings
from components.settings.hours import Weekday

pg = azure.dbforpostgresql

LOGS = ("PostgreSQLLogs",)
"""The log of the server itself: errors, refused log-ins, checkpoints."""


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
    """The resource group, region and tags of the server."""
    network: DatabaseNetwork
    """The network through which the server is reached."""
    monitoring: Monitoring
    """The store of the server's logs, and the people who get its alerts."""
    settings: DatabaseSettings
    """Version, size and log-in: the group `database` of the stack's file, the same for all services."""
    service: WorkloadIdentity
    """The identity of the service, which reads and writes rows where the server's log-in is Entra's."""
    migrations: WorkloadIdentity
    """The identity of the service's migrations, which own the database where the server's log-in is Entra's."""
    protect: bool
    """True if an engine refuses to delete or replace the server."""


class Database(ComponentResource):
    """A PostgreSQL server of one service, for one database, which the service's migrations make.

    One service's load and restore leave the others alone. docs/decisions/0017-the-migrations-own-the-database.md says
    why the migrations own the database.

    With Entra, people of a group and the migrations' identity administer the server, and there is no password.
    """

    url: Output[str]
    """The service's URL: `postgresql://role[:password]@host:port/database?sslmode=...`, secret."""
    migrations_url: Output[str]
    """The URL of the same database for the migrations, which own it, secret."""
    principal_id: Output[str] | None
    """The id of the service's identity in Entra; None where the log-in has passwords."""
    people_group: str | None
    """The name of the Entra group of people, which is its role's too; None where the log-in has passwords."""
    authentication: str
    """`entra`, or `password`, which is then in the URLs."""
    port: int
    """The server's TCP port."""

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Database", name, {}, opts)
        self._args, settings, place = args, args.settings, args.placement
        entra = settings.authentication == "entra"
        self.authentication, self.port = settings.authentication, settings.port
        own = ResourceOptions(parent=self)
        owner_name = f"{name}_migrations"
        owner_password = None if entra else _password(owner_name, own).result
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
            administrator_login=None if entra else owner_name,
            administrator_login_password=owner_password,
            tags=place.tags,
            opts=ResourceOptions(
                parent=self,
                protect=args.protect,
                # It grows by itself, and Azure refuses to make it smaller: what was found at the last refresh stays.
                ignore_changes=["storage.storageSizeGB"],
            ),
        )
        self.people_group = self._administrators(name, server) if entra else None
        args.monitoring.keep_logs(f"{name}-database", of=server.id, categories=LOGS, parent=self)
        for alert, condition in alerts(settings.sku).items():
            args.monitoring.alert(f"{name}-database-{alert}", condition, of=server.id, parent=self)
        host = server.fully_qualified_domain_name
        where = Output.concat("@", host, f":{settings.port}/{name}?sslmode={settings.tls}")
        if entra:
            service, migrations = args.service.principal_name, args.migrations.principal_name
            self.principal_id = args.service.principal_id
        else:
            service = Output.concat(name, ":", _password(name, own).result)
            migrations = Output.concat(owner_name, ":", owner_password or "")
            self.principal_id = None
        self.url = Output.secret(Output.concat("postgresql://", service, where))
        self.migrations_url = Output.secret(Output.concat("postgresql://", migrations, where))
        self.register_outputs({"url": self.url})

    def _administrators(self, name: str, server: pg.Server) -> str:
        """Declares who administers the server, the people of a group and the migrations, and returns the group's name.

        A server takes one change at a time, so one comes after the other. They go with their server: Azure does not
        take a role away that owns tables.
        """
        args = self._args
        people = args.settings.administrators
        if people is None:
            raise TypeError("Settings without administrators and with entra are refused when they are read.")
        group = str(people.object_id), people.name, "Group"
        identity = args.migrations.principal_id, args.migrations.principal_name, "ServicePrincipal"
        busy = again_while_busy(name)
        before: Resource = server
        for kind, (object_id, principal_name, principal_type) in (("people", group), ("migrations", identity)):
            before = pg.AdministratorsMicrosoftEntra(
                f"{name}-{kind}",
                resource_group_name=args.placement.group_name,
                server_name=server.name,
                object_id=object_id,
                principal_name=principal_name,
                principal_type=principal_type,
                tenant_id=args.placement.tenant_id,
                opts=ResourceOptions(
                    parent=self,
                    depends_on=[before],
                    deleted_with=server,
                    hooks=ResourceHookBinding(on_error=[busy]),
                ),
            )
        return people.name


def _password(name: str, opts: ResourceOptions) -> random.RandomPassword:
    """Declares a password of letters and digits, which needs no quoting in a URL."""
    return random.RandomPassword(name, length=32, special=False, min_lower=1, min_upper=1, min_numeric=1, opts=opts)
