"""A service's objects in the cluster: stateless pods that scale and roll by themselves, behind the ingress."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components import route
from components.certificates import Leaf
from components.database import Database
from components.flows import flows
from components.gateway_objects import Spec, gateway_object
from components.image import Image
from components.ingress import Ingress
from components.namespace import Namespace
from components.pod import PORT_NAME, PodArgs, pod
from components.scaling import autoscaler, disruption_budget
from components.settings.azure import ServiceSettings
from components.workload_identity import WorkloadIdentity

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

    def __init__(self, name: str, args: WorkloadArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Workload", name, {}, opts)
        self._service, self._args = name, args
        self._labels = {"app": name, "track": "stable"}
        self._deployment()
        service = core.Service(
            name,
            metadata=self._metadata(name),
            spec=core.ServiceSpecArgs(
                selector=self._labels,
                ports=[core.ServicePortArgs(name=PORT_NAME, port=443, target_port=PORT_NAME, app_protocol="https")],
            ),
            opts=self._within(),
        )
        if args.paths:
            self._route(service)
        self.register_outputs({})

    def _within(self, *depends_on: Resource) -> ResourceOptions:
        return self._args.ingress.cluster.inside(self, depends_on=[self._args.namespace, *depends_on])

    def _metadata(self, name: str, **more: Any) -> meta.ObjectMetaArgs:
        return meta.ObjectMetaArgs(name=name, namespace=self._args.namespace.namespace, **more)

    def _secret(self, name: str, kind: str, content: Mapping[str, Input[str]]) -> core.Secret:
        return core.Secret(name, metadata=self._metadata(name), type=kind, string_data=content, opts=self._within())

    def _deployment(self) -> None:
        """Without `replicas`, which are the autoscaler's."""
        args, name = self._args, self._service
        tls_secret, database_secret = f"{name}-tls", f"{name}-database"
        needed = [
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
                tls_secret,
                "kubernetes.io/tls",
                {"tls.crt": args.server.certificate, "tls.key": args.server.private_key},
            ),
            self._secret(database_secret, "Opaque", {"url": args.database.url}),
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
        template = PodArgs(
            service=name,
            image=args.image.ref,
            labels=self._labels,
            # A process reads its certificate once: another one makes another template, which rolls the pods.
            annotations={"crosscloud/certificate": args.server.certificate.apply(_fingerprint)},
            service_account=args.identity.service_account,
            tls_secret=tls_secret,
            database_secret=database_secret,
            database_authentication=args.database.authentication,
            collector=args.collector,
            settings=args.settings,
        )
        deployment = apps.Deployment(
            name,
            metadata=self._metadata(name, labels=self._labels),
            spec=apps.DeploymentSpecArgs(
                selector=meta.LabelSelectorArgs(match_labels=self._labels),
                min_ready_seconds=args.settings.min_ready_seconds,
                progress_deadline_seconds=300,
                revision_history_limit=3,
                strategy=apps.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=apps.RollingUpdateDeploymentArgs(max_surge="25%", max_unavailable=0),
                ),
                template=pod(template),
            ),
            opts=self._within(*needed),
        )
        k8s.autoscaling.v2.HorizontalPodAutoscaler(
            name, metadata=self._metadata(name), spec=autoscaler(name, args.settings), opts=self._within(deployment)
        )
        k8s.policy.v1.PodDisruptionBudget(
            name, metadata=self._metadata(name), spec=disruption_budget(self._labels), opts=self._within(deployment)
        )

    def _route(self, service: core.Service) -> None:
        args, name, ingress = self._args, self._service, self._args.ingress
        authorities = f"{name}-authorities"
        config = core.ConfigMap(
            authorities, metadata=self._metadata(authorities), data={"ca.crt": args.server_trust}, opts=self._within()
        )
        encrypted = route.backend_tls(name, host=args.server.identity, authorities=authorities)
        # Before the route: without it Envoy would speak plain HTTP to the pods.
        tls = self._object(name, "BackendTLSPolicy", encrypted, service, config, ingress)
        paths = route.http_route(
            name, paths=args.paths, host=ingress.host, gateway=ingress.gateway, namespace=ingress.namespace
        )
        http = self._object(name, "HTTPRoute", paths, tls)
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
