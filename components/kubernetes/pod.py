"""The pod of a service: one container, confined, which is asked whether it lives and whether it may get requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input

from components.kubernetes.collector import HEADERS
from components.kubernetes.confinement import confined_container, confined_pod, of_pod, of_secret, tmp_mount, tmp_volume
from components.kubernetes.database_access import DatabaseAccess
from components.kubernetes.mesh import Mesh
from components.kubernetes.spreading import spread
from components.settings.services import ServiceSettings

core, meta = k8s.core.v1, k8s.meta.v1

CONTAINER = "app"
"""The name of the service's container."""
PORT, PORT_NAME = 8443, "https"
"""The one port of a pod, and its name."""
TLS_FOLDER = "/tls"
"""The folder of the pod's certificate and key."""


@dataclass(frozen=True, kw_only=True)
class PodArgs:
    service: str
    """The service's name, which is its package in app/services."""
    image: Input[str]
    """The image, by digest."""
    labels: Mapping[str, str]
    """The labels that the Deployment selects by."""
    annotations: Mapping[str, Input[str]]
    """Values of which another one rolls the pods."""
    service_account: str
    """The service account whose Azure identity the pods have."""
    tls_secret: str
    """The Secret with tls.crt and tls.key."""
    database_secret: str
    """The Secret whose key `url` is the database's URL."""
    database: DatabaseAccess
    """The service's database."""
    collector: str | None
    """The URL that spans go to. None: no spans."""
    collector_secret: str | None
    """The Secret whose key `headers` has what the collector asks for. None: it asks for nothing."""
    mesh: Mesh | None
    """The service mesh that the pods join. None: no side-car."""
    settings: ServiceSettings
    """Size and waits: the service's entry in the stack's file."""


def pod(args: PodArgs) -> core.PodTemplateSpecArgs:
    """Returns the template of a service's pods."""
    settings, mesh = args.settings, args.mesh
    return core.PodTemplateSpecArgs(
        metadata=meta.ObjectMetaArgs(
            labels={**args.labels, "azure.workload.identity/use": "true", **(mesh.pod_labels if mesh else {})},
            annotations={**args.annotations, **(mesh.annotations if mesh else {})},
        ),
        spec=core.PodSpecArgs(
            service_account_name=args.service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            termination_grace_period_seconds=settings.grace_seconds,
            security_context=confined_pod(),
            topology_spread_constraints=spread(args.labels),
            containers=[_app(args)],
            volumes=[
                core.VolumeArgs(
                    name="tls", secret=core.SecretVolumeSourceArgs(secret_name=args.tls_secret, default_mode=0o440)
                ),
                tmp_volume(),
                *args.database.volumes(args.database_secret),
            ],
        ),
    )


def _app(args: PodArgs) -> core.ContainerArgs:
    settings = args.settings
    return core.ContainerArgs(
        name=CONTAINER,
        image=args.image,
        command=["python", "-m", f"app.services.{args.service}"],
        env=[
            of_pod("HOST", "status.podIP"),
            of_pod("POD_NAME", "metadata.name"),
            core.EnvVarArgs(name="SERVICE_NAME", value=args.service),
            core.EnvVarArgs(name="LOG_LEVEL", value=settings.log_level),
            core.EnvVarArgs(name="PORT", value=str(PORT)),
            core.EnvVarArgs(name="TLS_CERT_FILE", value=f"{TLS_FOLDER}/tls.crt"),
            core.EnvVarArgs(name="TLS_KEY_FILE", value=f"{TLS_FOLDER}/tls.key"),
            core.EnvVarArgs(name="DRAIN_SECONDS", value=str(settings.drain_seconds)),
            *([core.EnvVarArgs(name="OTEL_EXPORTER_OTLP_ENDPOINT", value=args.collector)] if args.collector else []),
            *([of_secret(HEADERS, args.collector_secret, "headers")] if args.collector_secret else []),
            of_secret("DATABASE_URL", args.database_secret, "url"),
            core.EnvVarArgs(name="DATABASE_AUTH", value=args.database.authentication),
        ],
        ports=[core.ContainerPortArgs(name=PORT_NAME, container_port=PORT, protocol="TCP")],
        startup_probe=_probe("/livez", period=1, failures=60, timeout=2),
        readiness_probe=_probe("/readyz", period=2, failures=2, timeout=2),
        liveness_probe=_probe("/livez", period=10, failures=3, timeout=3),
        lifecycle=core.LifecycleArgs(
            pre_stop=core.LifecycleHandlerArgs(sleep=core.SleepActionArgs(seconds=settings.pre_stop_seconds))
        ),
        # No limit of CPU: it would slow a pod down while cores are idle.
        resources=core.ResourceRequirementsArgs(
            requests={"cpu": settings.cpu, "memory": settings.memory}, limits={"memory": settings.memory_limit}
        ),
        security_context=confined_container(),
        volume_mounts=[
            core.VolumeMountArgs(name="tls", mount_path=TLS_FOLDER, read_only=True),
            tmp_mount(),
            *args.database.mounts(),
        ],
    )


def _probe(path: str, *, period: int, failures: int, timeout: int) -> core.ProbeArgs:
    return core.ProbeArgs(
        http_get=core.HTTPGetActionArgs(path=path, port=PORT_NAME, scheme="HTTPS"),
        period_seconds=period,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )
