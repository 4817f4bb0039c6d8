"""Pieces of Envoy's configuration that several listeners share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Files = dict[str, list[Json]]
"""Resources by file: `lds`, `cds`, `rds-<listener>`, `eds-<service>`, `sds-<secret>`."""

LOOPBACK = "127.0.0.1"

_REQUEST_ID = (
    '%COALESCE({"operators": [{"command": "RESP", "param": "X-REQUEST-ID"}, '
    '{"command": "REQ", "param": "X-REQUEST-ID"}]})%'
)
_TIMESTAMP = "%START_TIME(%Y-%m-%dT%H:%M:%S.%6fZ)%"
REQUEST_LINE: Json = {
    "timestamp": _TIMESTAMP,
    "level": "%CEL(response.code >= 500 ? 'ERROR' : 'INFO')%",
    "message": "request",
    "request_id": _REQUEST_ID,
    "trace_id": "%CEL(request.headers['traceparent'].substring(3, 35))%",
    "traceparent": "%REQ(TRACEPARENT)%",
    "method": "%REQ(:METHOD)%",
    "route": "%ROUTE_NAME%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "status": "%RESPONSE_CODE%",
    "duration_ms": "%DURATION%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "upstream": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS%",
}
"""One access log line per request; the query, which may hold personal data, is left out."""
CONNECTION_LINE: Json = {
    "timestamp": _TIMESTAMP,
    "level": "INFO",
    "message": "connection",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "peer": "%DOWNSTREAM_PEER_URI_SAN%",
    "failure": "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
}
"""One line per connection: the only place where a refused handshake shows."""


def typed(message: str, **fields: Any) -> Json:
    return {"@type": f"type.googleapis.com/envoy.{message}", **fields}


def extension(name: str, message: str, **fields: Any) -> Json:
    return {"name": f"envoy.{name}", "typed_config": typed(f"extensions.{message}", **fields)}


def from_file(folder: Path, name: str) -> Json:
    path = {"path": str(folder / f"{name}.json"), "watched_directory": {"path": str(folder)}}
    return {"resource_api_version": "V3", "path_config_source": path}


def address(port: int) -> Json:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


def access_log(path: Path, service: str, line: Json) -> Json:
    """`omit_empty_values` leaves out what a request does not have."""
    strings = typed("extensions.formatter.cel.v3.Cel", cel_config={"enable_string_functions": True})
    return extension(
        "access_loggers.file",
        "access_loggers.file.v3.FileAccessLog",
        path=str(path),
        log_format={
            "omit_empty_values": True,
            "json_format": {"service": service, **line},
            "formatters": [{"name": "envoy.formatter.cel", "typed_config": strings}],
        },
    )


def tls_files(folder: Path, name: str) -> Json:
    """A certificate or CA from the secret file `sds-<name>`: replaced without touching connections."""
    return {"name": name, "sds_config": from_file(folder, f"sds-{name}")}


def certificate(name: str, chain: str, key: str) -> Json:
    content = {"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}}
    return typed("extensions.transport_sockets.tls.v3.Secret", name=name, tls_certificate=content)


def authority(name: str, pem: str) -> Json:
    content = {"trusted_ca": {"inline_string": pem}}
    return typed("extensions.transport_sockets.tls.v3.Secret", name=name, validation_context=content)


def downstream_tls(common: Json, **fields: Any) -> Json:
    common = {"tls_params": {"tls_minimum_protocol_version": "TLSv1_2"}, "alpn_protocols": ["h2", "http/1.1"], **common}
    message = "transport_sockets.tls.v3.DownstreamTlsContext"
    return extension("transport_sockets.tls", message, common_tls_context=common, **fields)


def http_manager(name: str, folder: Path, *, filters: Sequence[Json] = (), **fields: Any) -> Json:
    """The HTTP connection manager with its routes in the file `rds-<name>`, so that a change reaches open connections.

    Loopback counts as internal by default, and internal clients may steer Envoy by headers; here nobody is internal.
    """
    router = extension("filters.http.router", "filters.http.router.v3.Router", **fields.pop("router", {}))
    nobody = {"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]}
    defaults: Json = {
        "stat_prefix": name,
        "rds": {"route_config_name": name, "config_source": from_file(folder, f"rds-{name}")},
        "use_remote_address": True,
        "internal_address_config": nobody,
        "normalize_path": True,
        "server_header_transformation": "PASS_THROUGH",
        "max_request_headers_kb": 16,
        "request_headers_timeout": "5s",
        "request_timeout": "30s",
        "stream_idle_timeout": "60s",
        "drain_timeout": "1s",
        "http_protocol_options": {"allow_absolute_url": False},
        "http_filters": [*filters, router],
    }
    common = {
        "idle_timeout": "60s",
        "max_headers_count": 64,
        "headers_with_underscores_action": "REJECT_REQUEST",
        **fields.pop("common_http_protocol_options", {}),
    }
    message = "filters.network.http_connection_manager.v3.HttpConnectionManager"
    manager = {**defaults, **fields, "common_http_protocol_options": common}
    return extension("filters.network.http_connection_manager", message, **manager)


def listener(name: str, port: int, chain: Json, **fields: Any) -> Json:
    """Without port sharing: a second Envoy on the port is refused and not silently mixed in."""
    inspector = extension("filters.listener.tls_inspector", "filters.listener.tls_inspector.v3.TlsInspector")
    return typed(
        "config.listener.v3.Listener",
        name=name,
        address=address(port),
        enable_reuse_port=False,
        per_connection_buffer_limit_bytes=1 << 20,
        listener_filters=[inspector] if "transport_socket" in chain else [],
        filter_chains=[{"transport_socket_connect_timeout": "5s", **chain}],
        **fields,
    )


def routes(name: str, virtual_hosts: list[Json], **fields: Any) -> Json:
    return typed("config.route.v3.RouteConfiguration", name=name, virtual_hosts=virtual_hosts, **fields)


def http_options(**fields: Any) -> Json:
    """HTTP/1.1 to the upstream."""
    message = "extensions.upstreams.http.v3.HttpProtocolOptions"
    options = typed(message, explicit_http_config={"http_protocol_options": {}}, **fields)
    return {f"envoy.{message}": options}


def header(key: str, value: str) -> Json:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
