"""Envoy Gateway's BackendTrafficPolicy as settings of Envoy's routes and clusters.

Fields and defaults: https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicy
"""

from __future__ import annotations

from dataclasses import dataclass, field

from local.desired import Object
from local.envoy.parts import Json, http_options, typed
from local.supervisor.manifests import only, seconds

_PASSIVE = {
    "splitExternalLocalOriginErrors",
    "consecutiveLocalOriginFailures",
    "consecutiveGatewayErrors",
    "consecutive5XxErrors",
    "interval",
    "baseEjectionTime",
    "maxEjectionPercent",
}


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What a policy adds to the route and to the cluster."""

    route: Json = field(default_factory=dict)
    cluster: Json = field(default_factory=lambda: {"typed_extension_protocol_options": http_options()})


def traffic(spec: Object) -> Traffic:
    """Raises RefusedError for settings that are not translated."""
    where = "BackendTrafficPolicy.spec"
    only(spec, {"targetRef", "targetRefs", "timeout", "retry", "healthCheck", "circuitBreaker"}, where)
    times = only(spec.get("timeout") or {}, {"tcp", "http"}, f"{where}.timeout")
    tcp = only(times.get("tcp") or {}, {"connectTimeout"}, f"{where}.timeout.tcp")
    http = only(times.get("http") or {}, {"requestTimeout", "connectionIdleTimeout"}, f"{where}.timeout.http")
    cluster: Json = {}
    if "connectTimeout" in tcp:
        cluster["connect_timeout"] = duration(tcp["connectTimeout"])
    if "healthCheck" in spec:
        passive = only(spec["healthCheck"], {"passive"}, f"{where}.healthCheck")["passive"]
        cluster["outlier_detection"] = _outliers(only(passive, _PASSIVE, f"{where}.healthCheck.passive"))
    cluster["circuit_breakers"] = {"thresholds": [_breaker(spec.get("circuitBreaker") or {}, where)]}
    idle = {"idle_timeout": duration(http["connectionIdleTimeout"])} if "connectionIdleTimeout" in http else {}
    cluster["typed_extension_protocol_options"] = http_options(common_http_protocol_options=idle)
    route: Json = {}
    if "requestTimeout" in http:
        route["timeout"] = duration(http["requestTimeout"])
    if "retry" in spec:
        route["retry_policy"] = _retry(spec["retry"], f"{where}.retry")
    return Traffic(route=route, cluster=cluster)


def duration(text: str) -> str:
    return f"{seconds(text, 'duration'):g}s"


def _retry(spec: Object, where: str) -> Json:
    """A try goes to another pod than the last one where there is another."""
    only(spec, {"numRetries", "perRetry", "retryOn"}, where)
    on = only(spec.get("retryOn") or {}, {"triggers", "httpStatusCodes"}, f"{where}.retryOn")
    each = only(spec.get("perRetry") or {}, {"timeout", "backOff"}, f"{where}.perRetry")
    triggers = on.get("triggers") or ["connect-failure", "refused-stream", "unavailable", "cancelled"]
    codes = on.get("httpStatusCodes") or []
    previous = typed("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate")
    policy: Json = {
        "retry_on": ",".join([*triggers, *(["retriable-status-codes"] if codes else [])]),
        "retriable_status_codes": codes,
        "num_retries": spec.get("numRetries", 2),
        "host_selection_retry_max_attempts": 5,
        "retry_host_predicate": [{"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": previous}],
    }
    if "timeout" in each:
        policy["per_try_timeout"] = duration(each["timeout"])
    if "backOff" in each:
        pause = only(each["backOff"], {"baseInterval", "maxInterval"}, f"{where}.perRetry.backOff")
        names = {"baseInterval": "base_interval", "maxInterval": "max_interval"}
        policy["retry_back_off"] = {names[key]: duration(value) for key, value in pause.items()}
    return policy


def _outliers(passive: Object) -> Json:
    """A count of 0 switches that detector off."""
    five, gateway = passive.get("consecutive5XxErrors", 5), passive.get("consecutiveGatewayErrors", 0)
    return {
        "split_external_local_origin_errors": passive.get("splitExternalLocalOriginErrors", False),
        "consecutive_local_origin_failure": passive.get("consecutiveLocalOriginFailures", 5),
        "consecutive_gateway_failure": gateway or 5,
        "enforcing_consecutive_gateway_failure": 100 if gateway else 0,
        "consecutive_5xx": five or 5,
        "enforcing_consecutive_5xx": 100 if five else 0,
        "interval": duration(passive.get("interval", "3s")),
        "base_ejection_time": duration(passive.get("baseEjectionTime", "30s")),
        "max_ejection_percent": passive.get("maxEjectionPercent", 10),
    }


def _breaker(spec: Object, where: str) -> Json:
    names = {
        "maxConnections": "max_connections",
        "maxPendingRequests": "max_pending_requests",
        "maxParallelRequests": "max_requests",
        "maxParallelRetries": "max_retries",
    }
    only(spec, set(names), f"{where}.circuitBreaker")
    return {envoy: spec.get(name, 1024) for name, envoy in names.items()}
