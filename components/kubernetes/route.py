"""The way from the ingress to a service: one route for reads and one for writes, each with its own retries.

Reads may be sent again after a reset; a write only when it surely was not executed.
https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicyspec
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.kubernetes.gateway_objects import GATEWAY_API, LISTENER, GatewayReference
from components.kubernetes.release_tracks import Track

Spec = dict[str, Any]

READ, WRITE = "read", "write"
"""The names of the two rules of a route."""
BEFORE_EXECUTION = ["connect-failure", "refused-stream", "reset-before-request"]
"""Failures after which a request was surely not executed."""


def http_route(tracks: Sequence[Track], *, paths: Sequence[str], gateway: GatewayReference) -> Spec:
    """Returns the route by which the paths are shared out to the tracks."""
    backends = [{"name": track.name, "port": 443, "weight": track.weight} for track in tracks]
    prefixes = [{"path": {"type": "PathPrefix", "value": path}} for path in paths]
    return {
        "parentRefs": [{"name": gateway.name, "namespace": gateway.namespace, "sectionName": LISTENER}],
        "hostnames": [gateway.host],
        "rules": [
            {"name": READ, "matches": [{**prefix, "method": "GET"} for prefix in prefixes], "backendRefs": backends},
            {"name": WRITE, "matches": prefixes, "backendRefs": backends},
        ],
    }


def backend_tls(service: str, *, host: str, authorities: str) -> Spec:
    """Returns the policy of TLS to the pods of a Service.

    Their certificate must be for `host` and signed by one of those in the ConfigMap `authorities`.
    """
    return {
        "targetRefs": [{"group": "", "kind": "Service", "name": service}],
        "validation": {
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": authorities}],
            "hostname": host,
        },
    }


def read_policy(route: str) -> Spec:
    """Returns the policy of reads, which may be sent again whatever happened to them."""
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
    """Returns the policy of the whole route, which holds for writes: reads have one of their own."""
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
        "healthCheck": {"passive": passive, "panicThreshold": 0},  # else pods that are not ready get requests, too
        "circuitBreaker": {"maxConnections": 512, "maxPendingRequests": 128, "maxParallelRequests": 256},
    }
