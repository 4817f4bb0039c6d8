"""A service's objects in the cluster: stateless pods that scale and roll by themselves, behind the ingress."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.azure.database import Database
from components.azure.image import Image
from components.azure.workload_identity import WorkloadIdentity
from components.certificates import Leaf
from components.ingress import Ingress
from components.kubernetes import route
from components.kubernetes.gateway_objects import Spec, gateway_object
from components.kubernetes.network_policy import flows
from components.kubernetes.pod import PORT_NAME, PodArgs, pod
from components.kubernetes.release_tracks import CANARY, STABLE, Track, tracks
from components.kubernetes.scaling import autoscaler, disruption_budget, rolling
from components.namespace import Namespace
from components.settings.services import ServiceSettings

meta, core, apps = k8s.meta.v1, k8s.core.v1, k8s.apps.v1


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """`paths` are the prefixes of the service's own API; without any the ingress has no route to it. `server` is its
    certificate, `server_trust` the authorities that may have signed it, PEM. `collector` is the URL that spans go to.
    """

    namespace: Namespace
    ingress: Ingress
    identity: WorkloadIdentity
    image: Image
    database: Database
    server: Leaf
    server_trust: Input[str]
    paths: Sequence[str]
    settings: ServiceSettings
    collector: str | None


class Workload(ComponentResource):
    """Named as its folder in `app/services`, its database and its objects."""

    image: Output[str]
    """What its stable pods run, by digest: as the cluster has it, also in an update that leaves them out."""

    def __init__(self, name: str, args: WorkloadArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Workload", name, {}, opts)
        self._service, self._args = name, args
        needed, beside = self._surroundings(), tracks(name, args.image.ref, args.settings.canary)
        authorities = self._authorities()
        ready: list[Resource] = []
        for track in beside:
            reached = self._reach(track, authorities)
            # A canary's pods end before that by which the ingress reaches them: it may still send them the last calls.
            deployment = self._deployment(track, [*needed, *reached] if track.kind == CANARY else needed)
            if track.weight:
                ready += [*reached, deployment]
            if track.kind == STABLE:
                self.image = deployment.spec.template.spec.containers[0].image
        if args.paths:
            self._route([track for track in beside if track.weight], ready)
        self.register_outputs({"image": self.image})

    def _within(self, *depends_on: Resource) -> ResourceOptions:
        return self._args.ingress.cluster.inside(self, depends_on=[self._args.namespace, *depends_on])

    def _metadata(self, name: str, **more: Any) -> meta.ObjectMetaArgs:
        return meta.ObjectMetaArgs(name=name, namespace=self._args.namespace.namespace, **more)

    def _secret(self, name: str, kind: str, content: Mapping[str, Input[str]]) -> core.Secret:
        return core.Secret(name, metadata=self._metadata(name), type=kind, string_data=content, opts=self._within())

    def _surroundings(self) -> list[Resource]:
        """What every pod needs, whatever its track."""
        args, name = self._args, self._service
        return [
            core.ServiceAccount(
                name,
                metadata=self._metadata(
                    args.identity.service_account,
                    annotations={"azure.workload.identity/client-id": args.identity.client_id},
                ),
                automount_service_account_token=False,
                opts=self._within(),
            ),
            self._secret(
                f"{name}-tls",
                "kubernetes.io/tls",
                {"tls.crt": args.server.certificate, "tls.key": args.server.private_key},
            ),
            self._secret(f"{name}-database", "Opaque", {"url": args.database.url}),
            k8s.networking.v1.NetworkPolicy(
                name,
                metadata=self._metadata(name),
                spec=flows(
                    name,
                    gateway=args.ingress.gateway,
                    gateway_namespace=args.ingress.namespace,
                    databases=args.ingress.cluster.network.addresses.databases,
                    database_port=args.database.port,
                    entra=args.database.authentication == "entra",
                    collector=args.collector,
                ),
                opts=self._within(),
            ),
            args.identity,
            args.database,
        ]

    def _authorities(self) -> core.ConfigMap:
        name, trusted = f"{self._service}-authorities", {"ca.crt": self._args.server_trust}
        return core.ConfigMap(name, metadata=self._metadata(name), data=trusted, opts=self._within())

    def _reach(self, track: Track, authorities: core.ConfigMap) -> list[Resource]:
        """By what the ingress reaches the pods of a track."""
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
        tls = self._object(track.name, "BackendTLSPolicy", encrypted, service, authorities, self._args.ingress)
        return [service, tls]

    def _deployment(self, track: Track, needed: Sequence[Resource]) -> apps.Deployment:
        """Every track has as many pods as the service alone: any of them may be missing whatever the share, and a share
        that grows does not wait for pods."""
        args, name = self._args, self._service
        template = PodArgs(
            service=name,
            image=track.image,
            labels=track.labels,
            # A process reads its certificate once: another one makes another template, which rolls the pods.
            annotations={"crosscloud/certificate": args.server.certificate.apply(_fingerprint)},
            service_account=args.identity.service_account,
            tls_secret=f"{name}-tls",
            database_secret=f"{name}-database",
            database_authentication=args.database.authentication,
            collector=args.collector,
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

    def _route(self, sent: Sequence[Track], ready: Sequence[Resource]) -> None:
        """`ready` is done before calls are sent: otherwise Envoy would find no pods, or speak plain HTTP to them."""
        args, name, ingress = self._args, self._service, self._args.ingress
        paths = route.http_route(
            sent, paths=args.paths, host=ingress.host, gateway=ingress.gateway, namespace=ingress.namespace
        )
        http = self._object(name, "HTTPRoute", paths, *ready)
        self._object(name, "BackendTrafficPolicy", route.write_policy(name), http)
        self._object(f"{name}-read", "BackendTrafficPolicy", route.read_policy(name), http)

    def _object(self, name: str, kind: str, spec: Spec, *depends_on: Resource) -> Resource:
        return gateway_object(
            name,
            kind=kind,
            spec=spec,
            namespace=self._args.namespace.namespace,
            cluster=self._args.ingress.cluster,
            parent=self,
            depends_on=depends_on,
        )


def _fingerprint(certificate: str) -> str:
    return hashlib.sha256(certificate.encode()).hexdigest()[:16]
