"""The Job that brings a service's database to the schema of one image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input

from components.kubernetes.confinement import confined_container, confined_pod, of_pod, of_secret, tmp_mount, tmp_volume
from components.kubernetes.database_access import DatabaseAccess
from components.kubernetes.mesh import OUTSIDE
from components.settings.services import ServiceSettings

batch, core, meta = k8s.batch.v1, k8s.core.v1, k8s.meta.v1

TRIES_AGAIN = 2
"""Pods that take the place of one that failed, for example because the server was away."""


@dataclass(frozen=True, kw_only=True)
class MigrationJobArgs:
    service: str
    """The service's name, which is its package in app/services."""
    image: Input[str]
    """The image with the migrations, by digest: the service's own."""
    labels: Mapping[str, str]
    """The pods' labels, which no pod of a service has: no Service sends requests to them."""
    service_account: str
    """The service account whose Azure identity owns the database."""
    owner_secret: str
    """The Secret whose key `url` is the database's URL with the role that owns it."""
    service_secret: str
    """The Secret whose key `url` is the database's URL with the service's role, which the migrations make."""
    database: DatabaseAccess
    """The service's database."""
    principal_id: Input[str] | None
    """The id of the service's identity in Entra; None where the log-in has passwords."""
    people_group: str | None
    """The Entra group of people, whose members the migrations let at the rows; None where the log-in has passwords."""
    meshed: bool
    """True if pods of the namespace get side-cars. The migrations' get none: nobody calls them."""
    settings: ServiceSettings
    """The time limit of migrations: the service's entry in the stack's file."""


def migration_job(args: MigrationJobArgs) -> batch.JobSpecArgs:
    """Returns a Job that runs once.

    It stays when it has ended, until the next image's takes its place: its log says what was done, and a Job that
    vanished by itself (`ttlSecondsAfterFinished`) would look like one that has to be made again.
    """
    return batch.JobSpecArgs(
        backoff_limit=TRIES_AGAIN,
        active_deadline_seconds=args.settings.migration_seconds,
        template=core.PodTemplateSpecArgs(
            metadata=meta.ObjectMetaArgs(
                labels={**args.labels, "azure.workload.identity/use": "true", **(OUTSIDE if args.meshed else {})}
            ),
            spec=core.PodSpecArgs(
                service_account_name=args.service_account,
                automount_service_account_token=False,
                enable_service_links=False,
                restart_policy="Never",  # a pod that failed keeps its log
                security_context=confined_pod(),
                containers=[_container(args)],
                volumes=[tmp_volume(), *args.database.volumes(args.service_secret)],
            ),
        ),
    )


def job_name(service: str, image: str, *database: str) -> str:
    """Returns the name of the Job that brings a database to the schema of an image.

    Another image or database is another Job: a Job's template can't be changed, and what has run does not run again.
    """
    return "-".join([service, "migrations", _digits(image), _digits("\n".join(database))])


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _container(args: MigrationJobArgs) -> core.ContainerArgs:
    entra = {"SERVICE_PRINCIPAL_ID": args.principal_id, "PEOPLE_GROUP": args.people_group}
    return core.ContainerArgs(
        name="migrate",
        image=args.image,
        command=["python", "-m", "app.services.kit.migrate", args.service],
        env=[
            of_pod("POD_NAME", "metadata.name"),
            core.EnvVarArgs(name="SERVICE_NAME", value=args.service),
            of_secret("DATABASE_URL", args.owner_secret, "url"),
            of_secret("SERVICE_DATABASE_URL", args.service_secret, "url"),
            core.EnvVarArgs(name="DATABASE_AUTH", value=args.database.authentication),
            *(core.EnvVarArgs(name=name, value=value) for name, value in entra.items() if value is not None),
        ],
        resources=core.ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "96Mi"}, limits={"memory": "256Mi"}),
        security_context=confined_container(),
        volume_mounts=[tmp_mount(), *args.database.mounts()],
    )
