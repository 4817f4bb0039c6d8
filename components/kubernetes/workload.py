"""A service's objects in the cluster: stateless pods that scale and roll by themselves, behind the ingress."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.credentials import Leaf
from components.kubernetes import route
from components.kubernetes.access import ClusterAccess
from components.kubernetes.collector import as_variable
from components.kubernetes.database_access import DatabaseAccess
from components.kubernetes.gateway_objects import GatewayReference, Spec, gateway_object
from components.kubernetes.namespace import Namespace
from components.kubernetes.network_policy import flows
from components.kubernetes.pod import PORT_NAME, PodArgs, pod
from components.kubernetes.release_tracks import CANARY, STABLE, Track, tracks
from components.kubernetes.scaling import autoscaler, disruption_budget, rolling
from components.kubernetes.service_account import Account, service_account
from components.settings.services import ServiceSettings, TelemetrySettings

meta, core, apps = k8s.meta.v1, k8s.core.v1, k8s.apps.v1


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    access: ClusterAccess
    """The cluster that the objects are in."""
    namespace: Namespace
    """The namespace of the objects."""
    gateway: GatewayReference
    """The ingress by which the service is reached."""
    account: Account
    """The service account of the pods, with its Azure identity."""
    image: Input[str]
    """The newest image, by digest."""
    database: DatabaseAccess
    """The service's database."""
    server: Leaf
    """The certificate by which the pods serve."""
    server_trust: Input[str]
    """The authorities that may have signed it, PEM."""
    paths: Sequence[str]
    """The path prefixes of the service's own API; without any the ingress has no route to it."""
    settings: ServiceSettings
    """Size, waits and canary: the service's entry in the stack's file."""
    telemetry: TelemetrySettings
    """The collector that gets the spans, and the headers that it asks for."""
    requires: Sequence[Resource]
    """The resources that must be there before a pod starts, besides the workload's own objects."""


class Workload(ComponentResource):
    """The objects of one service, which have its name: its folder in `app/services` and its database have it too."""

    image: Output[str]
    """The image of the stable pods, by digest: as the cluster has it, also in an update that leaves the pods out."""

    def __init__(self, name: str, args: WorkloadArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Workload", name, {}, opts)
        self._service, self._args = name, args
        surroundings, all_tracks = self._surroundings(), tracks(name, args.image, args.settings.canary)
        authorities = self._authorities()
        ready: list[Resource] = []
        deployments = {}
        for track in all_tracks:
            ways = self._ways(track, authorities)
            # A canary's pods end before that by which the ingress reaches them: it may still send them the last calls.
            needed = [*surroundings, *ways] if track.kind == CANARY else surroundings
            deployments[track.kind] = self._deployment(track, needed)
            if track.weight:
                ready += [*ways, deployments[track.kind]]
        if args.paths:
            self._route([track for track in all_tracks if track.weight], ready)
        self.image = deployments[STABLE].spec.template.spec.containers[0].image
        self.register_outputs({"image": self.image})

    def _within(self, *depends_on: Resource) -> ResourceOptions:
        return self._args.access.inside(self, depends_on=[self._args.namespace, *depends_on])

    def _metadata(self, name: str, **more: Any) -> meta.ObjectMetaArgs:
        return meta.ObjectMetaArgs(name=name, namespace=self._args.namespace.namespace, **more)

    def _secret(self, name: str, kind: str, content: Mapping[str, Input[str]]) -> core.Secret:
        return core.Secret(name, metadata=self._metadata(name), type=kind, string_data=content, opts=self._within())

    def _surroundings(self) -> list[Resource]:
        """Declares what every pod needs, whatever its track."""
        args, name = self._args, self._service
        return [
            service_account(args.account, args.namespace.namespace, self._within()),
            self._secret(
                f"{name}-tls",
                "kubernetes.io/tls",
                {"tls.crt": args.server.certificate, "tls.key": args.server.private_key},
            ),
            k8s.networking.v1.NetworkPolicy(
                name,
                metadata=self._metadata(name),
                spec=flows(
                    name,
                    gateway=args.gateway,
                    databases=args.database.addresses,
                    database_port=args.database.port,
                    entra=args.database.authentication == "entra",
                    collector=args.telemetry.endpoint,
                    mesh=args.namespace.mesh,
                ),
                opts=self._within(),
            ),
            *self._collector_headers(),
            *args.requires,
        ]

    def _collector_headers(self) -> list[Resource]:
        """Declares the Secret with what the collector of spans asks for, if it asks for anything."""
        headers = self._args.telemetry.headers
        if not headers:
            return []
        return [self._secret(f"{self._service}-telemetry", "Opaque", {"headers": as_variable(headers)})]

    def _authorities(self) -> core.ConfigMap:
        name, trusted = f"{self._service}-authorities", {"ca.crt": self._args.server_trust}
        return core.ConfigMap(name, metadata=self._metadata(name), data=trusted, opts=self._within())

    def _ways(self, track: Track, authorities: core.ConfigMap) -> list[Resource]:
        """Declares that by which the ingress reaches the pods of a track."""
        service = core.Service(
            track.name,
            metadata=self._metadata(track.name),
            spec=core.ServiceSpecArgs(
                selector=track.labels,
                ports=[core.ServicePortArgs(name=PORT_NAME, port=443, target_port=PORT_NAME, app_protocol="https")],
            ),
            opts=self._within(),
        )
        encrypted = route.backend_tls(
            track.name, host=self._args.server.identity, authorities=f"{self._service}-authorities"
        )
        tls = self._object(track.name, "BackendTLSPolicy", encrypted, service, authorities, self._args.gateway.ingress)
        return [service, tls]

    def _deployment(self, track: Track, needed: Sequence[Resource]) -> apps.Deployment:
        """Declares the pods of a track.

        Every track has as many pods as the service alone: any of them may be missing whatever the share, and a share
        that grows does not wait for pods.
        """
        args, name = self._args, self._service
        template = PodArgs(
            service=name,
            image=track.image,
            labels=track.labels,
            # A process reads its certificate once: another one makes another template, which rolls the pods.
            annotations={"crosscloud/certificate": args.server.certificate.apply(_fingerprint), **self._of_headers()},
            service_account=args.account.name,
            tls_secret=f"{name}-tls",
            database_secret=f"{name}-database",
            database=args.database,
            collector=args.telemetry.endpoint,
            collector_secret=f"{name}-telemetry" if args.telemetry.headers else None,
            mesh=args.namespace.mesh,
            settings=args.settings,
        )
        deployment = apps.Deployment(
            track.name,
            metadata=self._metadata(track.name, labels=track.labels),
            spec=rolling(pod(template), track.labels, args.settings),
            opts=self._within(*needed),
        )
        k8s.autoscaling.v2.HorizontalPodAutoscaler(
            track.name,
            metadata=self._metadata(track.name),
            spec=autoscaler(track.name, args.settings),
            opts=self._within(deployment),
        )
        k8s.policy.v1.PodDisruptionBudget(
            track.name,
            metadata=self._metadata(track.name),
            spec=disruption_budget(track.labels),
            opts=self._within(deployment),
        )
        return deployment

    def _of_headers(self) -> Mapping[str, Input[str]]:
        """Returns the annotation by which other headers roll the pods, which read them once."""
        headers = self._args.telemetry.headers
        return {"crosscloud/telemetry": as_variable(headers).apply(_fingerprint)} if headers else {}

    def _route(self, targets: Sequence[Track], ready: Sequence[Resource]) -> None:
        """Declares the route to the tracks.

        What is in `ready` comes before it: otherwise Envoy would find no pods, or speak plain HTTP to them.
        """
        name = self._service
        paths = route.http_route(targets, paths=self._args.paths, gateway=self._args.gateway)
        http = self._object(name, "HTTPRoute", paths, *ready)
        self._object(name, "BackendTrafficPolicy", route.write_policy(name), http)
        self._object(f"{name}-read", "BackendTrafficPolicy", route.read_policy(name), http)

    def _object(self, name: str, kind: str, spec: Spec, *depends_on: Resource) -> Resource:
        return gateway_object(
            name,
            kind=kind,
            spec=spec,
            namespace=self._args.namespace.namespace,
            access=self._args.access,
            parent=self,
            depends_on=depends_on,
        )


def _fingerprint(certificate: str) -> str:
    """Returns a short text that another certificate changes."""
    return hashlib.sha256(certificate.encode()).hexdigest()[:16]
