"""The only way into the cluster: an Envoy that speaks to the holders of the callers' certificates alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Resource, ResourceOptions

from components.certificates import Certificates
from components.cluster import Cluster
from components.kubernetes.envoy_gateway import CONTROLLER, EnvoyGateway, EnvoyGatewayArgs
from components.kubernetes.gateway_objects import ENVOY_API, GATEWAY_API, Spec, gateway_object
from components.namespace import BEHIND_THE_INGRESS, Namespace, NamespaceArgs
from components.settings.azure import IngressSettings

meta, core = k8s.meta.v1, k8s.core.v1

LISTENER = "https"
CLASS = "envoy"
SERVER_SECRET, CLIENT_AUTHORITIES = "ingress-tls", "client-authorities"


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    cluster: Cluster
    certificates: Certificates
    settings: IngressSettings


class Ingress(ComponentResource):
    """Without its certificate or the callers' authorities it refuses connections; there is no port without TLS."""

    cluster: Cluster
    certificates: Certificates
    """The callers' are among them."""
    host: str
    url: str
    gateway: str
    namespace: str

    def __init__(self, name: str, args: IngressArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:kubernetes:Ingress", name, {}, opts)
        self._args, self.cluster, self.certificates = args, args.cluster, args.certificates
        port, server = args.settings.port, args.certificates.ingress
        self.host, self.gateway, self.namespace = server.identity, name, name
        self.url = f"https://{self.host}" + ("" if port == 443 else f":{port}")
        controller = EnvoyGateway(
            "envoy-gateway", EnvoyGatewayArgs(cluster=args.cluster, port=port), ResourceOptions(parent=self)
        )
        namespace = Namespace(name, NamespaceArgs(cluster=args.cluster), ResourceOptions(parent=self))
        within = args.cluster.inside(self, depends_on=[namespace])
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
        return meta.ObjectMetaArgs(name=name, namespace=self.namespace)

    def _object(self, name: str, kind: str, spec: Spec, *depends_on: Resource) -> Resource:
        return gateway_object(
            name,
            kind=kind,
            spec=spec,
            namespace=None if kind == "GatewayClass" else self.namespace,
            cluster=self.cluster,
            parent=self,
            depends_on=depends_on,
            # So that an ingress that does not work fails the deployment.
            annotations={"pulumi.com/waitFor": "condition=Programmed"} if kind == "Gateway" else None,
        )

    def _proxy(self) -> Spec:
        settings = self._args.settings
        prefix = "service.beta.kubernetes.io/azure"
        service: dict[str, Any] = {
            "type": "LoadBalancer",
            # Keeps the caller's address.
            "externalTrafficPolicy": "Local",
            "annotations": {
                f"{prefix}-load-balancer-resource-group": self.cluster.network.group.group_name,
                f"{prefix}-pip-name": self.cluster.network.ingress_address_name,
                f"{prefix}-load-balancer-tcp-idle-timeout": "4",
            },
        }
        if not settings.open:
            service["loadBalancerSourceRanges"] = [str(network) for network in settings.source_ranges]
        kubernetes = {
            "envoyService": service,
            "envoyHpa": {"minReplicas": settings.min_replicas, "maxReplicas": settings.max_replicas},
            "envoyPDB": {"minAvailable": 1},
        }
        return {
            "provider": {"type": "Kubernetes", "kubernetes": kubernetes},
            "shutdown": {"drainTimeout": "60s", "minDrainDuration": "10s"},
        }

    def _gateway(self) -> Spec:
        return {
            "gatewayClassName": CLASS,
            "infrastructure": {
                "parametersRef": {"group": ENVOY_API, "kind": "EnvoyProxy", "name": self.gateway},
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
                    "hostname": self.host,
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
        return {"group": GATEWAY_API, "kind": "Gateway", "name": self.gateway}


def _authorities() -> Spec:
    return {"group": "", "kind": "ConfigMap", "name": CLIENT_AUTHORITIES}
