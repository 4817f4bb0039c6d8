"""The API gateway's front: what the emulator lacks of the gateway is here.

TLS on one stable URL, the throttles of the stage and its routes, the limits of the service
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html) and the access log.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from local.desired import Object
from local.envoy import documentation, parts
from local.envoy.parts import Files, Json, extension, typed
from local.machine import Machine

NAME = "gateway"
PAYLOAD_LIMIT = 10 * 1024 * 1024
"""Bytes of a request's body."""
INTEGRATION_TIMEOUT = "30s"
_SPOOFABLE = ("x-envoy-", "x-forwarded-")
_PATH = "local.path"
"""Filter state that keeps the client's path for the log, as the emulator gets a longer one."""
_REPLIES = {
    400: (400, "Bad Request"),
    401: (401, "Unauthorized"),
    403: (403, "Forbidden"),
    404: (404, "Not Found"),
    405: (405, "Method Not Allowed"),
    408: (408, "Request Timeout"),
    413: (413, "Request Entity Too Large"),
    429: (429, "Too Many Requests"),
    431: (431, "Request Header Fields Too Large"),
    503: (503, "Service Unavailable"),
    504: (503, "Service Unavailable"),
}
"""Envoy's own answers as the gateway's: it answers 503 where an integration is late."""


def gateway(machine: Machine, folder: Path, stage: Object, pages: Mapping[str, Object]) -> Files:
    """The public listener, which answers `pages` itself. Raises FileNotFoundError while it has no certificate."""
    host, _, port = stage["emulator"].rpartition(":")
    upstream = {"socket_address": {"address": host, "port_value": int(port)}}
    cluster = typed(
        "config.cluster.v3.Cluster",
        name="emulator",
        type="STATIC",
        connect_timeout="3s",
        load_assignment={
            "cluster_name": "emulator",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": upstream}}]}],
        },
        typed_extension_protocol_options=parts.http_options(common_http_protocol_options={"idle_timeout": "3s"}),
    )
    common = {"tls_certificate_sds_secret_configs": [parts.tls_files(folder, NAME)]}
    chain = {
        "transport_socket": parts.downstream_tls(common),
        "filters": [
            parts.http_manager(
                NAME,
                folder,
                filters=[_remember_path(), _throttle(), _limit_payload()],
                router={"suppress_envoy_headers": True},
                generate_request_id=False,
                preserve_external_request_id=True,
                path_with_escaped_slashes_action="REJECT_REQUEST",
                early_header_mutation_extensions=[_strip_spoofable()],
                local_reply_config=_local_replies(),
                access_log=[parts.access_log(machine.logs / "gateway.jsonl", NAME, _log_line())],
            )
        ],
    }
    pki = machine.pki
    secret = parts.certificate(NAME, (pki / "endpoint.crt").read_text(), (pki / "endpoint.key").read_text())
    return {
        "lds": [parts.listener(NAME, machine.ports.endpoint, chain)],
        "cds": [cluster],
        f"rds-{NAME}": [_routes(stage, pages)],
        f"sds-{NAME}": [secret],
    }


# ---- routes


def _routes(stage: Object, pages: Mapping[str, Object]) -> Json:
    base = f"/_aws/execute-api/{stage['api_id']}/{stage['name']}/"
    default = {"route_key": "$default", **stage["default"]}
    keys = sorted((route for route in stage["routes"] if route["route_key"] != "$default"), key=_precedence)
    forwarded = [_route({**stage["default"], **route}, stage["emulator"], base) for route in [*keys, default]]
    trace: Json = {"prefix": "/", "headers": [{"name": ":method", "string_match": {"exact": "TRACE"}}]}
    connect: Json = {"connect_matcher": {}}
    allow = [parts.header("allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")]
    refused = [
        {"match": match, "direct_response": {"status": 405}, "response_headers_to_add": allow}
        for match in (trace, connect)
    ]
    refused.append({"match": _no_token(), "direct_response": {"status": 401}})
    hosts = [{"name": NAME, "domains": ["*"], "routes": [*refused, *documentation.routes(pages), *forwarded]}]
    return parts.routes(
        NAME,
        hosts,
        request_headers_to_remove=["x-envoy-external-address"],
        max_direct_response_body_size_bytes=documentation.LARGEST,
    )


def _no_token() -> Json:
    """A token whose header is no JSON object, on which the emulator's authorizer fails with 500.

    `{` and any ASCII character after it are `e` and one of these letters in base64.
    """
    token = {"name": "authorization", "string_match": {"safe_regex": {"regex": "(?i:bearer +)?e[w-z0-3].*"}}}
    present = {"name": "authorization", "present_match": True}
    return {"prefix": "/", "headers": [present, {**token, "invert_match": True}]}


def _precedence(route: Object) -> tuple[bool, list[bool], bool]:
    """Whole paths before greedy ones, literal segments before parameters, a method before ANY."""
    method, path = route["route_key"].split(" ", 1)
    segments = path.strip("/").split("/")
    return path.endswith("+}"), [segment.startswith("{") for segment in segments], method == "ANY"


def _route(route: Object, emulator: str, base: str) -> Json:
    method, _, path = route["route_key"].partition(" ")
    match: Json = {"safe_regex": {"regex": _pattern(path)}} if path else {"prefix": "/"}
    if path and method != "ANY":
        match["headers"] = [{"name": ":method", "string_match": {"exact": method}}]
    action = {
        "cluster": "emulator",
        "timeout": INTEGRATION_TIMEOUT,
        "host_rewrite_literal": emulator,  # the emulator also chooses an API by the host
        "regex_rewrite": {"pattern": {"regex": "^/"}, "substitution": base},
        "retry_policy": {"retry_on": "connect-failure,refused-stream,reset-before-request", "num_retries": 1},
    }
    caller = parts.header("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")
    answer: Json = {"route": action, "request_headers_to_add": [caller]}
    if route["rate"] <= 0 or route["burst"] < 1:  # the gateway refuses every call then
        answer = {"direct_response": {"status": 429}}
    else:
        answer["typed_per_filter_config"] = {"envoy.filters.http.local_ratelimit": _bucket(route)}
    return {"name": route["route_key"], "match": match, **answer}


def _pattern(path: str) -> str:
    """`/users/{userId}` as a regular expression; `{proxy+}` takes the rest."""
    segments = [
        ".+" if s.endswith("+}") else "[^/]+" if s.startswith("{") else re.escape(s) for s in path.strip("/").split("/")
    ]
    return "/" + "/".join(segments)


def _bucket(route: Object) -> Json:
    """`burst` tokens, filled by `rate` per second; Envoy wants whole tokens at most every 50 ms."""
    tokens = max(1, math.ceil(route["rate"] * 0.05))
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return typed(
        "extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        stat_prefix=NAME,
        token_bucket={
            "max_tokens": int(route["burst"]),
            "tokens_per_fill": tokens,
            "fill_interval": f"{tokens / route['rate']:.6f}s",
        },
        filter_enabled=always,
        filter_enforced=always,
    )


# ---- filters


def _strip_spoofable() -> Json:
    """What only a proxy may say."""
    removed: list[Json] = [{"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in _SPOOFABLE]
    removed += [{"remove": name} for name in ("forwarded", "x-real-ip")]
    message = "http.early_header_mutation.header_mutation.v3.HeaderMutation"
    return extension("http.early_header_mutation.header_mutation", message, mutations=removed)


def _remember_path() -> Json:
    value = {
        "object_key": _PATH,
        "factory_key": "envoy.string",
        "format_string": {"text_format_source": {"inline_string": "%PATH(NQ:PATH)%"}},
    }
    message = "filters.http.set_filter_state.v3.Config"
    return extension("filters.http.set_filter_state", message, on_request_headers=[value])


def _throttle() -> Json:
    """Off by itself; each route has its bucket."""
    message = "filters.http.local_ratelimit.v3.LocalRateLimit"
    return extension("filters.http.local_ratelimit", message, stat_prefix=NAME)


def _limit_payload() -> Json:
    return extension("filters.http.buffer", "filters.http.buffer.v3.Buffer", max_request_bytes=PAYLOAD_LIMIT)


def _log_line() -> Json:
    return {**parts.REQUEST_LINE, "path": f"%FILTER_STATE({_PATH}:PLAIN)%"}


def _local_replies() -> Json:
    def body(message: str) -> Json:
        return {"content_type": "application/json", "json_format": {"message": message}}

    mappers = [
        {
            "filter": {
                "status_code_filter": {
                    "comparison": {"op": "EQ", "value": {"default_value": code, "runtime_key": f"reply.{code}"}}
                }
            },
            "status_code": status,
            "body_format_override": body(message),
        }
        for code, (status, message) in _REPLIES.items()
    ]
    return {"mappers": [*mappers, documentation.reply()], "body_format": body("Internal Server Error")}
