"""A service with all that is its own: an identity, an image, a database, and its pods behind the ingress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.database import Database, DatabaseArgs, DatabaseNetwork
from components.azure.image import Image, ImageArgs, ImageStore
from components.azure.monitoring import Monitoring
from components.azure.workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from components.certificates import Certificates
from components.cluster import Cluster
from components.feature_tag import feature
from components.kubernetes.database_access import DatabaseAccess
from components.kubernetes.gateway_objects import GatewayReference
from components.kubernetes.migrations import Migrations, MigrationsArgs
from components.kubernetes.namespace import Namespace
from components.kubernetes.service_account import Account
from components.kubernetes.workload import Workload, WorkloadArgs
from components.settings.database import DatabaseSettings
from components.settings.services import ServiceSettings, TelemetrySettings


@dataclass(frozen=True, kw_only=True)
class MicroserviceArgs:
    monitoring: Monitoring
    """The resource group on Azure, the store of the logs there, and the people who get the alerts."""
    databases: DatabaseNetwork
    """The network that the database is reached through."""
    images: ImageStore
    """The registry that the image is pushed to, and the image that it starts from."""
    cluster: Cluster
    """The cluster that the pods run in."""
    namespace: Namespace
    """The namespace of the service's objects."""
    gateway: GatewayReference
    """The ingress by which the service is reached."""
    certificates: Certificates
    """The certificates, with the service's own among them."""
    paths: Sequence[str]
    """The path prefixes of the service's own API; without any the ingress has no route to it."""
    settings: ServiceSettings
    """Size, waits and canary: the service's entry in the stack's file."""
    database: DatabaseSettings
    """Version, size and log-in of the database: the group `database` of the stack's file."""
    telemetry: TelemetrySettings
    """The collector that gets the spans: the group `telemetry` of the stack's file."""
    protect: bool
    """True if an engine refuses to delete or replace the database."""


class Microservice(ComponentResource):
    """One service. Its folder in `app/services`, its certificate, its database and its objects have its name."""

    image: Output[str]
    """The image that serves, by digest: while there is a canary, the previous one."""

    def __init__(self, name: str, args: MicroserviceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:service:Microservice", name, {}, feature(name, opts))
        own, place = ResourceOptions(parent=self), args.monitoring.placement
        identity = WorkloadIdentity(
            name,
            WorkloadIdentityArgs(
                placement=place, issuer_url=args.cluster.issuer_url, namespace=args.namespace.namespace
            ),
            own,
        )
        migrator = WorkloadIdentity(
            f"{name}-migrations",
            WorkloadIdentityArgs(
                placement=place, issuer_url=args.cluster.issuer_url, namespace=args.namespace.namespace
            ),
            own,
        )
        database = Database(
            name,
            DatabaseArgs(
                placement=place,
                network=args.databases,
                monitoring=args.monitoring,
                settings=args.database,
                service=identity,
                migrations=migrator,
                protect=args.protect,
            ),
            own,
        )
        image = Image(
            name,
            ImageArgs(store=args.images, service=name),
            own,
        )
        access = DatabaseAccess(
            url=database.url,
            authentication=database.authentication,
            addresses=args.database.addresses or args.databases.addresses,
            port=database.port,
            authority=args.database.authority,
        )
        migrations = Migrations(
            name,
            MigrationsArgs(
                access=args.cluster.access,
                namespace=args.namespace,
                account=Account(name=migrator.service_account, client_id=migrator.client_id),
                image=image.ref,
                database=access,
                owner_url=database.migrations_url,
                principal_id=database.principal_id,
                people_group=database.people_group,
                settings=args.settings,
                requires=[migrator, database],
            ),
            own,
        )
        workload = Workload(
            name,
            WorkloadArgs(
                access=args.cluster.access,
                namespace=args.namespace,
                gateway=args.gateway,
                account=Account(name=identity.service_account, client_id=identity.client_id),
                image=image.ref,
                database=access,
                server=args.certificates.services[name],
                server_trust=args.certificates.server_trust,
                paths=args.paths,
                settings=args.settings,
                telemetry=args.telemetry,
                requires=[identity, migrations],
            ),
            own,
        )
        self.image = workload.image
        self.register_outputs({"image": self.image})
