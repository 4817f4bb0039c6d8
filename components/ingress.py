"""The only way into the cluster: an Envoy that speaks to the holders of the callers' certificates alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Resource, ResourceOptions

from components.certificates import Certificates
from components.cluster import Cluster
from components.credentials import Upstream
from components.kubernetes.envoy_gateway import CONTROLLER, EnvoyGateway, EnvoyGatewayArgs, proxy_deployment
from components.kubernetes.gateway_objects import (
    ENVOY_API,
    GATEWAY_API,
    LISTENER,
    GatewayReference,
    Spec,
    gateway_object,
)
from components.kubernetes.namespace import BEHIND_THE_INGRESS, Namespace, NamespaceArgs
from components.network import Network
from components.settings.ingress import IngressSettings

meta, core = k8s.meta.v1, k8s.core.v1

CLASS = "envoy"
"""The name of the GatewayClass."""
SERVER_SECRET, CLIENT_AUTHORITIES = "ingress-tls", "client-authorities"
"""The names of the objects with the ingress's certificate, and with the authorities of its callers."""


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    cluster: Cluster
    """The cluster that the ingress leads into."""
    network: Network
    """The network whose public address it takes."""
    certificates: Certificates
    """Its certificate, and those of its callers."""
    settings: IngressSettings
    """Name, port, size and where its images come from: the group `ingress` of the stack's file."""


class Ingress(ComponentResource):
    """An Envoy without any port that speaks no TLS.

    Without its certificate or the callers' authorities it refuses connections.
    """

    url: str
    """The ingress's URL, without a slash at its end."""
    gateway: GatewayReference
    """The gateway that the services' routes attach to."""
    callers: Mapping[str, Upstream]
    """The values that each function needs to call the services, by function."""

    def __init__(self, name: str, args: IngressArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Ingress", name, {}, opts)
        port, server, trust = args.settings.port, args.certificates.ingress, args.certificates.server_trust
        self._args, self._name, self._host = args, name, server.identity
        access = args.cluster.access
        self.url = f"https://{self._host}" + ("" if port == 443 else f":{port}")
        self.gateway = GatewayReference(name=name, namespace=name, host=self._host, ingress=self)
        self.callers = {
            function: Upstream(url=self.url, client=client, server_trust=trust)
            for function, client in args.certificates.callers.items()
        }
        controller = EnvoyGateway(
            "envoy-gateway",
            EnvoyGatewayArgs(access=access, settings=args.settings, mesh=args.cluster.mesh),
            ResourceOptions(parent=self),
        )
        namespace = Namespace(name, NamespaceArgs(access=access), ResourceOptions(parent=self))
        within = access.inside(self, depends_on=[namespace])
        secret = core.Secret(
            SERVER_SECRET,
            metadata=self._metadata(SERVER_SECRET),
            type="kubernetes.io/tls",
            string_data={"tls.crt": server.certificate, "tls.key": server.private_key},
            opts=within,
        )
        authorities = core.ConfigMap(
            CLIENT_AUTHORITIES,
            metadata=self._metadata(CLIENT_AUTHORITIES),
            data={"ca.crt": args.certificates.client_trust},
            opts=within,
        )
        class_ = self._object(CLASS, "GatewayClass", {"controllerName": CONTROLLER}, controller)
        proxy = self._object(name, "EnvoyProxy", self._proxy(), controller, namespace)
        gateway = self._object(name, "Gateway", self._gateway(), class_, proxy, secret, authorities)
        # After the Gateway, which already asks for a client certificate: at no time is there a listener without.
        clients = self._object(name, "ClientTrafficPolicy", self._clients(), gateway)
        self._object(name, "SecurityPolicy", self._sources(), clients)
        self.register_outputs({"url": self.url})

    def _metadata(self, name: str) -> meta.ObjectMetaArgs:
        return meta.ObjectMetaArgs(name=name, namespace=self._name)

    def _object(self, name: str, kind: str, spec: Spec, *depends_on: Resource) -> Resource:
        return gateway_object(
            name,
            kind=kind,
            spec=spec,
            namespace=None if kind == "GatewayClass" else self._name,
            access=self._args.cluster.access,
            parent=self,
            depends_on=depends_on,
            # So that an ingress that does not work fails the deployment.
            annotations={"pulumi.com/waitFor": "condition=Programmed"} if kind == "Gateway" else None,
        )

    def _proxy(self) -> Spec:
        settings, address = self._args.settings, self._args.network.ingress_address
        prefix = "service.beta.kubernetes.io/azure"
        service: dict[str, Any] = {
            "type": "LoadBalancer",
            # Keeps the caller's address.
            "externalTrafficPolicy": "Local",
            "annotations": {
                f"{prefix}-load-balancer-resource-group": address.group_name,
                f"{prefix}-pip-name": address.name,
                f"{prefix}-load-balancer-tcp-idle-timeout": "4",
            },
        }
        if not settings.open:
            service["loadBalancerSourceRanges"] = [str(network) for network in settings.source_ranges]
        kubernetes = {
            "envoyService": service,
            "envoyDeployment": proxy_deployment(self._name, self._name, settings, self._args.cluster.mesh),
            "envoyHpa": {"minReplicas": settings.min_replicas, "maxReplicas": settings.max_replicas},
            "envoyPDB": {"minAvailable": 1},
        }
        return {
            "provider": {"type": "Kubernetes", "kubernetes": kubernetes},
            "shutdown": {"drainTimeout": "60s", "minDrainDuration": "10s"},
            # A side-car speaks mutual TLS to the addresses of Services. It passes on as it is what goes to a pod's.
            **({"routingType": "Service"} if self._args.cluster.mesh else {}),
        }

    def _gateway(self) -> Spec:
        return {
            "gatewayClassName": CLASS,
            "infrastructure": {
                "parametersRef": {"group": ENVOY_API, "kind": "EnvoyProxy", "name": self._name},
            },
            "tls": {
                "frontend": {
                    "default": {"validation": {"mode": "AllowValidOnly", "caCertificateRefs": [_authorities()]}}
                }
            },
            "listeners": [
                {
                    "name": LISTENER,
                    "port": self._args.settings.port,
                    "protocol": "HTTPS",
                    "hostname": self._host,
                    "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": SERVER_SECRET}]},
                    "allowedRoutes": {
                        "namespaces": {"from": "Selector", "selector": {"matchLabels": BEHIND_THE_INGRESS}}
                    },
                }
            ],
        }

    def _clients(self) -> Spec:
        return {
            "targetRefs": [self._target()],
            "tls": {
                "minVersion": "1.2",
                "clientValidation": {
                    "mode": "RequireAndVerify",
                    "caCertificateRefs": [_authorities()],
                    "subjectAltNames": {
                        "uris": [
                            {"type": "Exact", "value": caller.identity}
                            for caller in self._args.certificates.callers.values()
                        ]
                    },
                },
            },
            "clientIPDetection": {"directSourceIP": {}},
            "headers": {
                # The orchestrator always sends one. `PreserveOrGenerate` would change a digit of ids that look like a
                # UUID (https://github.com/envoyproxy/gateway/issues/6750).
                "requestID": "Preserve",
                "xForwardedClientCert": {"mode": "SanitizeSet", "certDetailsToAdd": ["Subject", "URI"]},
            },
            "timeout": {"http": {"requestReceivedTimeout": "15s", "idleTimeout": "60s"}},
        }

    def _sources(self) -> Spec:
        ranges = [str(network) for network in self._args.settings.source_ranges]
        rule = {"name": "callers", "action": "Allow", "principal": {"clientCIDRs": ranges}}
        return {"targetRefs": [self._target()], "authorization": {"defaultAction": "Deny", "rules": [rule]}}

    def _target(self) -> Spec:
        return {"group": GATEWAY_API, "kind": "Gateway", "name": self._name}


def _authorities() -> Spec:
    return {"group": "", "kind": "ConfigMap", "name": CLIENT_AUTHORITIES}
