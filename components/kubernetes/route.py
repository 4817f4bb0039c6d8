"""How the ingress reaches a service: one route for reads and one for writes, with what each may be retried on.

Reads may be sent again after a reset; a write only when it surely was not executed.
https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicyspec
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.ingress import LISTENER
from components.kubernetes.gateway_objects import GATEWAY_API
from components.kubernetes.release_tracks import Track

Spec = dict[str, Any]

READ, WRITE = "read", "write"
BEFORE_EXECUTION = ["connect-failure", "refused-stream", "reset-before-request"]


def http_route(tracks: Sequence[Track], *, paths: Sequence[str], host: str, gateway: str, namespace: str) -> Spec:
    backends = [{"name": track.name, "port": 443, "weight": track.weight} for track in tracks]
    prefixes = [{"path": {"type": "PathPrefix", "value": path}} for path in paths]
    return {
        "parentRefs": [{"name": gateway, "namespace": namespace, "sectionName": LISTENER}],
        "hostnames": [host],
        "rules": [
            {"name": READ, "matches": [{**prefix, "method": "GET"} for prefix in prefixes], "backendRefs": backends},
            {"name": WRITE, "matches": prefixes, "backendRefs": backends},
        ],
    }


def backend_tls(service: str, *, host: str, authorities: str) -> Spec:
    """TLS on to the pods of a Service, whose certificate must be for `host`; `authorities` names a ConfigMap."""
    return {
        "targetRefs": [{"group": "", "kind": "Service", "name": service}],
        "validation": {
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authorities}],
            "hostname": host,
        },
    }


def read_policy(route: str) -> Spec:
    retry = {
        "numRetries": 4,
        "perRetry": {"backOff": {"baseInterval": "50ms", "maxInterval": "500ms"}},
        "retryOn": {"triggers": [*BEFORE_EXECUTION, "reset"]},
    }
    # Of errors only those of the connection count, shortly: when all pods are replaced none may be out for long.
    outliers = {
        "consecutive5XxErrors": 0,
        "consecutiveGatewayErrors": 0,
        "consecutiveLocalOriginFailures": 5,
        "baseEjectionTime": "3s",
    }
    return _policy(route, READ, retry, outliers)


def write_policy(route: str) -> Spec:
    """For the whole route; reads have one of their own."""
    retry = {"numRetries": 2, "retryOn": {"triggers": BEFORE_EXECUTION}}
    outliers = {
        "consecutive5XxErrors": 5,
        "consecutiveGatewayErrors": 5,
        "consecutiveLocalOriginFailures": 3,
        "baseEjectionTime": "10s",
    }
    return _policy(route, None, retry, outliers)


def _policy(route: str, rule: str | None, retry: Spec, outliers: Mapping[str, Any]) -> Spec:
    target = {"group": GATEWAY_API, "kind": "HTTPRoute", "name": route}
    passive = {"splitExternalLocalOriginErrors": True, "interval": "2s", "maxEjectionPercent": 50, **outliers}
    return {
        "targetRefs": [{**target, "sectionName": rule} if rule else target],
        "timeout": {"tcp": {"connectTimeout": "2s"}, "http": {"requestTimeout": "20s", "connectionIdleTimeout": "60s"}},
        "retry": retry,
        "healthCheck": {"passive": passive},
        "circuitBreaker": {"maxConnections": 512, "maxPendingRequests": 128, "maxParallelRequests": 256},
    }
