"""A service with all that is its own: an identity, an image, a database, and its pods behind the ingress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.database import Database, DatabaseArgs
from components.azure.image import Image, ImageArgs
from components.azure.workload_identity import WorkloadIdentity, WorkloadIdentityArgs
from components.feature_tag import feature
from components.ingress import Ingress
from components.kubernetes.workload import Workload, WorkloadArgs
from components.namespace import Namespace
from components.settings.azure import DatabaseSettings
from components.settings.services import ServiceSettings, TelemetrySettings


@dataclass(frozen=True, kw_only=True)
class MicroserviceArgs:
    """`paths` are the prefixes of the service's own API. With `protect` nobody deletes its database by mistake."""

    ingress: Ingress
    namespace: Namespace
    paths: Sequence[str]
    settings: ServiceSettings
    database: DatabaseSettings
    telemetry: TelemetrySettings
    protect: bool


class Microservice(ComponentResource):
    """Named as its folder in `app/services`, its certificate, its database and its objects in the cluster."""

    image: Output[str]
    """What serves: while there is a canary, the previous image."""

    def __init__(self, name: str, args: MicroserviceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:service:Microservice", name, {}, feature(name, opts))
        own, cluster = ResourceOptions(parent=self), args.ingress.cluster
        identity = WorkloadIdentity(
            name, WorkloadIdentityArgs(cluster=cluster, namespace=args.namespace.namespace), own
        )
        database = Database(
            name,
            DatabaseArgs(
                network=cluster.network,
                workspaces=cluster.workspaces,
                settings=args.database,
                owner=identity,
                protect=args.protect,
            ),
            own,
        )
        workload = Workload(
            name,
            WorkloadArgs(
                namespace=args.namespace,
                ingress=args.ingress,
                identity=identity,
                image=Image(name, ImageArgs(registry=cluster.registry, service=name), own),
                database=database,
                server=args.ingress.certificates.services[name],
                server_trust=args.ingress.certificates.server_trust,
                paths=args.paths,
                settings=args.settings,
                collector=args.telemetry.endpoint,
            ),
            own,
        )
        self.image = workload.image
        self.register_outputs({"image": self.image})
