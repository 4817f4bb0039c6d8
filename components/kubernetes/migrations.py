"""The migrations of a service: once for each image, before its pods roll, by an identity that the pods do not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, CustomTimeouts, Input, Output, Resource, ResourceOptions

from components.kubernetes.access import ClusterAccess
from components.kubernetes.database_access import DatabaseAccess
from components.kubernetes.migration_job import MigrationJobArgs, job_name, migration_job
from components.kubernetes.namespace import Namespace
from components.kubernetes.network_policy import database_flows
from components.kubernetes.service_account import Account, service_account
from components.settings.services import ServiceSettings

meta, core, batch = k8s.meta.v1, k8s.core.v1, k8s.batch.v1

START = 300
"""Seconds that the engine waits longer than the Job may take: for a node, and for the image."""


@dataclass(frozen=True, kw_only=True)
class MigrationsArgs:
    access: ClusterAccess
    """The cluster that the objects are in."""
    namespace: Namespace
    """The namespace of the objects."""
    account: Account
    """The service account of the migrations, with its Azure identity."""
    image: Input[str]
    """The newest image, by digest."""
    database: DatabaseAccess
    """The service's database, as its pods reach it."""
    owner_url: Input[str]
    """The URL of the same database with the role that owns it, secret."""
    principal_id: Input[str] | None
    """The id of the service's identity in Entra; None where the log-in has passwords."""
    people_group: str | None
    """The Entra group of people, whose members the migrations let at the rows; None where the log-in has passwords."""
    settings: ServiceSettings
    """The time limit of migrations: the service's entry in the stack's file."""
    requires: Sequence[Resource]
    """The resources that must be there before the migrations start, besides their own objects."""


class Migrations(ComponentResource):
    """A Job that has succeeded when this component is there, and what it needs.

    A Deployment that depends on it rolls only then: when migrations fail, the pods stay as they are. Pods of the image
    before meet the new schema for a while, and with a canary for longer: a migration leaves them working.
    """

    def __init__(self, service: str, args: MigrationsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Migrations", service, {}, opts)
        name = f"{service}-migrations"
        namespace, labels = args.namespace.namespace, {"app": name}
        within = args.access.inside(self, depends_on=[args.namespace])
        owner, pods = (
            core.Secret(
                secret,
                metadata=meta.ObjectMetaArgs(name=secret, namespace=namespace),
                type="Opaque",
                string_data=args.database.content(url),
                opts=within,
            )
            for secret, url in ((name, args.owner_url), (f"{service}-database", args.database.url))
        )
        needed = [
            service_account(args.account, namespace, within),
            owner,
            pods,
            k8s.networking.v1.NetworkPolicy(
                name,
                metadata=meta.ObjectMetaArgs(name=name, namespace=namespace),
                spec=database_flows(
                    labels,
                    databases=args.database.addresses,
                    database_port=args.database.port,
                    entra=args.database.authentication == "entra",
                ),
                opts=within,
            ),
        ]
        # Another group gets its rights from another Job.
        database = [args.owner_url, args.database.url, *filter(None, [args.people_group])]
        job = Output.all(args.image, *database).apply(lambda known: job_name(service, *known))
        batch.Job(
            name,
            metadata=meta.ObjectMetaArgs(
                # A few digits of a digest, from which nobody learns a URL.
                name=Output.unsecret(job),
                namespace=namespace,
                labels=labels,
                # Otherwise the next update would wait for a Job that has failed for good.
                annotations={"pulumi.com/replaceUnready": "true"},
            ),
            spec=migration_job(
                MigrationJobArgs(
                    service=service,
                    image=args.image,
                    labels=labels,
                    service_account=args.account.name,
                    owner_secret=name,
                    service_secret=f"{service}-database",
                    database=args.database,
                    principal_id=args.principal_id,
                    people_group=args.people_group,
                    meshed=args.namespace.mesh is not None,
                    settings=args.settings,
                )
            ),
            opts=ResourceOptions.merge(
                args.access.inside(self, depends_on=[args.namespace, *needed, *args.requires]),
                ResourceOptions(custom_timeouts=CustomTimeouts(create=f"{args.settings.migration_seconds + START}s")),
            ),
        )
        self.register_outputs({})
