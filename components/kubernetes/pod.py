"""The pod of a service, as strict as Kubernetes' Pod Security Standard `restricted` and stricter.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input

from components.kubernetes.spreading import spread
from components.settings.services import ServiceSettings

core, meta = k8s.core.v1, k8s.meta.v1

CONTAINER = "app"
"""The name of the service's container."""
PORT, PORT_NAME = 8443, "https"
"""The one port of a pod, and its name."""
USER = 10001
"""User and group id of every process; as in the Dockerfiles."""
TLS_FOLDER = "/tls"
"""The folder of the pod's certificate and key."""


@dataclass(frozen=True, kw_only=True)
class PodArgs:
    service: str
    """The service's name, which is its package in app/services."""
    image: Input[str]
    """The image of all containers, by digest."""
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
    database_authentication: str
    """`entra`, or `password`, which is then in the URL."""
    collector: str | None
    """The URL that spans go to. None: no spans."""
    settings: ServiceSettings
    """Size and waits: the service's entry in the stack's file."""


def pod(args: PodArgs) -> core.PodTemplateSpecArgs:
    """Returns the template of a service's pods."""
    settings = args.settings
    return core.PodTemplateSpecArgs(
        metadata=meta.ObjectMetaArgs(
            labels={**args.labels, "azure.workload.identity/use": "true"}, annotations=dict(args.annotations)
        ),
        spec=core.PodSpecArgs(
            service_account_name=args.service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            termination_grace_period_seconds=settings.grace_seconds,
            security_context=core.PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=USER,
                run_as_group=USER,
                fs_group=USER,
                seccomp_profile=core.SeccompProfileArgs(type="RuntimeDefault"),
            ),
            topology_spread_constraints=spread(args.labels),
            init_containers=[_migration(args)],
            containers=[_app(args)],
            volumes=[
                core.VolumeArgs(
                    name="tls", secret=core.SecretVolumeSourceArgs(secret_name=args.tls_secret, default_mode=0o440)
                ),
                core.VolumeArgs(name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs()),
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
            _downward("HOST", "status.podIP"),
            core.EnvVarArgs(name="PORT", value=str(PORT)),
            core.EnvVarArgs(name="TLS_CERT_FILE", value=f"{TLS_FOLDER}/tls.crt"),
            core.EnvVarArgs(name="TLS_KEY_FILE", value=f"{TLS_FOLDER}/tls.key"),
            core.EnvVarArgs(name="DRAIN_SECONDS", value=str(settings.drain_seconds)),
            *([core.EnvVarArgs(name="OTEL_EXPORTER_OTLP_ENDPOINT", value=args.collector)] if args.collector else []),
            *_common_env(args),
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
        security_context=_confined(),
        volume_mounts=[core.VolumeMountArgs(name="tls", mount_path=TLS_FOLDER, read_only=True), _tmp()],
    )


def _migration(args: PodArgs) -> core.ContainerArgs:
    """Returns the container that brings the database's schema up to date before the service starts."""
    return core.ContainerArgs(
        name="migrate",
        image=args.image,
        command=["python", "-m", "app.services.kit.migrate", args.service],
        env=_common_env(args),
        resources=core.ResourceRequirementsArgs(requests={"cpu": "50m", "memory": "64Mi"}, limits={"memory": "192Mi"}),
        security_context=_confined(),
        volume_mounts=[_tmp()],
    )


def _common_env(args: PodArgs) -> list[core.EnvVarArgs]:
    url = core.SecretKeySelectorArgs(name=args.database_secret, key="url")
    return [
        _downward("POD_NAME", "metadata.name"),
        core.EnvVarArgs(name="SERVICE_NAME", value=args.service),
        core.EnvVarArgs(name="LOG_LEVEL", value=args.settings.log_level),
        core.EnvVarArgs(name="DATABASE_URL", value_from=core.EnvVarSourceArgs(secret_key_ref=url)),
        core.EnvVarArgs(name="DATABASE_AUTH", value=args.database_authentication),
    ]


def _downward(name: str, path: str) -> core.EnvVarArgs:
    field = core.ObjectFieldSelectorArgs(field_path=path)
    return core.EnvVarArgs(name=name, value_from=core.EnvVarSourceArgs(field_ref=field))


def _confined() -> core.SecurityContextArgs:
    return core.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.CapabilitiesArgs(drop=["ALL"]),
    )


def _tmp() -> core.VolumeMountArgs:
    return core.VolumeMountArgs(name="tmp", mount_path="/tmp")  # noqa: S108 - a volume of the pod's own


def _probe(path: str, *, period: int, failures: int, timeout: int) -> core.ProbeArgs:
    return core.ProbeArgs(
        http_get=core.HTTPGetActionArgs(path=path, port=PORT_NAME, scheme="HTTPS"),
        period_seconds=period,
        failure_threshold=failures,
        timeout_seconds=timeout,
    )
