"""Objects of a small service behind the ingress, and ways to call it."""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local import desired
from local.desired import Object, key_of
from local.kubernetes.container import free_port
from local.machine import Machine
from local.setup import open_machine
from local.supervisor import client
from planning.certificates import Issuer, Leaf, common_name, general_names, issue, key_pem, new_key, pem

SYSTEM = ("local.envoy.process",)
CALLER = "spiffe://test/orchestrator"
POD = "web.shop.svc"
IMAGE = "0" * 63 + "1"


@dataclass(frozen=True)
class Pair:
    certificate: str
    key: str


@dataclass(frozen=True)
class Authority:
    issuer: Issuer

    @classmethod
    def new(cls) -> Authority:
        key = new_key()
        leaf = Leaf(subject=common_name("test authority"), names=(), hours=1, uses={"cert_signing"}, is_ca=True)
        return cls(Issuer(certificate=issue(leaf, key.public_key(), key), key=key))

    @property
    def certificate(self) -> str:
        return pem(self.issuer.certificate)

    def leaf(self, *, dns: str = "", uri: str = "", hours: float = 1) -> Pair:
        key = new_key()
        names = general_names(dns=[dns] if dns else [], uris=[uri] if uri else [])
        uses = {"digital_signature", "server_auth" if dns else "client_auth"}
        leaf = Leaf(subject=common_name("test"), names=names, hours=hours, uses=uses)
        return Pair(pem(issue(leaf, key.public_key(), self.issuer)), key_pem(key))


def clone(root: Path) -> Machine:
    """Returns a machine with ports that nothing prefers, so that tests can run beside each other and a real stack."""
    return open_machine(root, endpoint_port=free_port())


def read(text: str) -> Object:
    value: Object = yaml.safe_load(text)
    return value


def secret(namespace: str, name: str, content: Mapping[str, str]) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": dict(content)}


def config_map(namespace: str, name: str, content: Mapping[str, str]) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(content)}


DEPLOYMENT = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 2
  progressDeadlineSeconds: 60
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 20
      securityContext: {{runAsNonRoot: true}}
      containers:
      - name: app
        image: registry.test/web@sha256:{IMAGE}
        command: [python, -m, app]
        ports: [{{name: https, containerPort: 8443}}]
        env:
        - {{name: PORT, value: "8443"}}
        - {{name: HOST, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}
        - {{name: POD_NAME, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}
        - {{name: TLS_CERT_FILE, value: /tls/tls.crt}}
        - {{name: TLS_KEY_FILE, value: /tls/tls.key}}
        - {{name: PASSWORD, valueFrom: {{secretKeyRef: {{name: settings, key: password}}}}}}
        volumeMounts: [{{name: tls, mountPath: /tls, readOnly: true}}, {{name: tmp, mountPath: /tmp}}]
        startupProbe: {{httpGet: {{path: /livez, port: https, scheme: HTTPS}}, periodSeconds: 1, failureThreshold: 60}}
        readinessProbe: {{httpGet: {{path: /readyz, port: https, scheme: HTTPS}}, periodSeconds: 1}}
        livenessProbe: {{httpGet: {{path: /livez, port: https, scheme: HTTPS}}, periodSeconds: 1}}
        lifecycle: {{preStop: {{sleep: {{seconds: 1}}}}}}
        resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}
      volumes: [{{name: tls, secret: {{secretName: web-tls, defaultMode: 256}}}}, {{name: tmp, emptyDir: {{}}}}]
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: https, port: 443, targetPort: https}]}
"""
NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {edge: "true"}}
"""
CLASS = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec:
  gatewayClassName: envoy
  tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: clients}]}}}}
  listeners:
  - name: https
    port: 443
    protocol: HTTPS
    hostname: localhost
    tls: {mode: Terminate, certificateRefs: [{kind: Secret, name: server}]}
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {edge: "true"}}}}
"""
CLIENTS = f"""
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata: {{name: edge, namespace: edge}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: edge}}]
  tls:
    minVersion: "1.2"
    clientValidation:
      mode: RequireAndVerify
      caCertificateRefs: [{{group: "", kind: ConfigMap, name: clients}}]
      subjectAltNames: {{uris: [{{type: Exact, value: "{CALLER}"}}]}}
  clientIPDetection: {{directSourceIP: {{}}}}
  headers:
    requestID: Preserve
    xForwardedClientCert: {{mode: SanitizeSet, certDetailsToAdd: [Subject, URI]}}
  timeout: {{http: {{requestReceivedTimeout: 15s, idleTimeout: 60s}}}}
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: edge, sectionName: https}]
  hostnames: [localhost]
  rules:
  - name: read
    matches: [{path: {type: PathPrefix, value: /}, method: GET}]
    backendRefs: [{name: web, port: 443}]
  - name: write
    matches: [{path: {type: PathPrefix, value: /}}]
    backendRefs: [{name: web, port: 443}]
"""
TO_POD = f"""
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {{name: web, namespace: shop}}
spec:
  targetRefs: [{{group: "", kind: Service, name: web}}]
  validation: {{caCertificateRefs: [{{group: "", kind: ConfigMap, name: server-ca}}], hostname: {POD}}}
"""
READS = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {name: reads, namespace: shop}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web, sectionName: read}]
  timeout: {tcp: {connectTimeout: 2s}, http: {requestTimeout: 20s, connectionIdleTimeout: 60s}}
  retry:
    numRetries: 4
    perRetry: {backOff: {baseInterval: 50ms, maxInterval: 500ms}}
    retryOn: {triggers: [connect-failure, refused-stream, reset-before-request, reset]}
  healthCheck:
    panicThreshold: 0
    passive:
      splitExternalLocalOriginErrors: true
      consecutive5XxErrors: 0
      consecutiveGatewayErrors: 0
      consecutiveLocalOriginFailures: 5
      interval: 2s
      baseEjectionTime: 3s
      maxEjectionPercent: 50
  circuitBreaker: {maxConnections: 512, maxPendingRequests: 128, maxParallelRequests: 256}
"""
WRITES = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {name: web, namespace: shop}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}]
  timeout: {tcp: {connectTimeout: 2s}, http: {requestTimeout: 20s, connectionIdleTimeout: 60s}}
  retry: {numRetries: 2, retryOn: {triggers: [connect-failure, refused-stream, reset-before-request]}}
  healthCheck:
    panicThreshold: 0
    passive:
      splitExternalLocalOriginErrors: true
      consecutive5XxErrors: 5
      consecutiveGatewayErrors: 5
      consecutiveLocalOriginFailures: 3
      interval: 2s
      baseEjectionTime: 10s
      maxEjectionPercent: 50
  circuitBreaker: {maxConnections: 512, maxPendingRequests: 128, maxParallelRequests: 256}
"""
SECURITY = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: edge, namespace: edge}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
  authorization:
    defaultAction: Deny
    rules: [{name: callers, action: Allow, principal: {clientCIDRs: [127.0.0.1/32]}}]
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 4}
"""


class Cluster:
    """The objects of a service `web` in the namespace `shop`, and a Gateway in `edge`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.servers, self.clients = Authority.new(), Authority.new()
        pod, gateway = self.servers.leaf(dns=POD), self.servers.leaf(dns="localhost")
        texts = (NAMESPACE, SERVICE, DEPLOYMENT, CLASS, GATEWAY, CLIENTS, SECURITY, ROUTE, TO_POD, READS, WRITES)
        listed = [
            secret("edge", "server", {"tls.crt": gateway.certificate, "tls.key": gateway.key}),
            secret("shop", "web-tls", {"tls.crt": pod.certificate, "tls.key": pod.key}),
            secret("shop", "settings", {"password": "hunter2"}),
            config_map("edge", "clients", {"ca.crt": self.clients.certificate}),
            config_map("shop", "server-ca", {"ca.crt": self.servers.certificate}),
            *map(read, texts),
        ]
        self.objects = {key_of(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in listed}

    @property
    def deployment(self) -> Object:
        return self.objects["Deployment/shop/web"]

    @property
    def container(self) -> Object:
        container: Object = self.deployment["spec"]["template"]["spec"]["containers"][0]
        return container

    def set_env(self, name: str, value: str) -> None:
        """Changes the pod template."""
        self.container["env"] = [e for e in self.container["env"] if e["name"] != name] + [
            {"name": name, "value": value}
        ]

    def apply(self) -> None:
        image = self.machine.images / IMAGE
        image.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).with_name("pod_app.py"), image / "app.py")
        for key, value in self.objects.items():
            if desired.get(self.machine, key) != value:
                desired.put(self.machine, key, value)

    def up(self, *, timeout: float = 60) -> None:
        """Applies everything, and waits until all of it is ready."""
        client.ensure(self.machine, SYSTEM)
        self.apply()
        for key, value in self.objects.items():
            desired.wait(self.machine, key, value, timeout=timeout)

    # ---- looking

    def status(self) -> dict[str, Any]:
        return desired.read_status(self.machine)

    def pods(self, *states: str) -> list[dict[str, Any]]:
        return [pod for pod in self.status()["pods"] if not states or pod["state"] in states]

    def observed(self, key: str) -> dict[str, Any]:
        observed: dict[str, Any] = self.status()["observed"].get(key, {})
        return observed

    def process(self, name: str) -> dict[str, Any]:
        (match,) = [process for process in self.status()["processes"] if process["name"] == name]
        return dict(match)

    # ---- calling

    def context(self, pair: Pair | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.servers.certificate)
        if pair is not None:
            files = [self.machine.home / "client.crt", self.machine.home / "client.key"]
            for file, text in zip(files, (pair.certificate, pair.key), strict=True):
                file.write_text(text)
            context.load_cert_chain(*files)
        return context

    @contextmanager
    def connection(self, context: ssl.SSLContext | None = None) -> Iterator[http.client.HTTPSConnection]:
        context = context or self.context(self.clients.leaf(uri=CALLER))
        connection = http.client.HTTPSConnection("localhost", self.machine.ports.ingress, context=context, timeout=60)
        try:
            yield connection
        finally:
            connection.close()

    def get(self, path: str, *, context: ssl.SSLContext | None = None) -> tuple[int, dict[str, Any]]:
        with self.connection(context) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            return response.status, json.loads(body) if body.startswith(b"{") else {}
