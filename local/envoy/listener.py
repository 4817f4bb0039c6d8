"""A Gateway with its ClientTrafficPolicy and SecurityPolicy as Envoy's ingress listener.

It fails closed, as Envoy Gateway does: while the client validation can't be built there is no listener.
Fields and defaults: https://gateway.envoyproxy.io/docs/api/extension_types/#clienttrafficpolicy
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from local.desired import Object
from local.envoy import parts
from local.envoy.parts import Files, Json
from local.envoy.policies import duration
from local.envoy.scope import Scope, key_of_manifest, name_of
from local.machine import Machine
from local.supervisor.manifests import RefusedError, entry, find, only

NAME = "ingress"
CLIENTS = f"{NAME}-clients"
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"

_POLICIES = {
    "ClientTrafficPolicy": {"tls", "clientIPDetection", "headers", "timeout", "path"},
    "SecurityPolicy": {"authorization"},
}


def declared(scope: Scope, gateway: Object) -> Object:
    """The Gateway's one listener. Raises RefusedError, MissingError."""
    where = "Gateway.spec"
    spec = only(gateway["spec"], {"gatewayClassName", "listeners", "infrastructure", "tls"}, where)
    class_ = find(scope.objects, "GatewayClass", "", spec["gatewayClassName"])
    if class_["spec"]["controllerName"] != CONTROLLER:
        raise RefusedError(f"The local stack knows the controller {CONTROLLER} only.")
    if [listener["protocol"] for listener in spec["listeners"]] != ["HTTPS"]:
        raise RefusedError("The local stack has one ingress port: a Gateway has one listener, of the protocol HTTPS.")
    known = {"name", "port", "protocol", "hostname", "tls", "allowedRoutes"}
    return only(spec["listeners"][0], known, f"{where}.listeners")


def listen(scope: Scope, machine: Machine, folder: Path, gateway: Object) -> Files:
    """The listener and its secrets, by file. Raises RefusedError, MissingError."""
    listener = declared(scope, gateway)
    tls = only(listener.get("tls") or {}, {"mode", "certificateRefs"}, "Gateway.spec.listeners.tls")
    if tls.get("mode", "Terminate") != "Terminate" or len(tls.get("certificateRefs") or ()) != 1:
        raise RefusedError("Gateway.spec.listeners.tls must have the mode Terminate and one certificate.")
    secret = scope.referred(tls["certificateRefs"][0], gateway, "Secret")
    client, security = (_policy(scope, kind, gateway) for kind in _POLICIES)
    authorities, names = _validation(scope, gateway, client)
    own = only(client.get("tls") or {}, {"minVersion", "clientValidation"}, "ClientTrafficPolicy.spec.tls")
    common = {
        "tls_params": {"tls_minimum_protocol_version": f"TLSv{own.get('minVersion', '1.2').replace('.', '_')}"},
        "tls_certificate_sds_secret_configs": [parts.tls_files(folder, NAME)],
        "combined_validation_context": {
            "default_validation_context": {"match_typed_subject_alt_names": names},
            "validation_context_sds_secret_config": parts.tls_files(folder, CLIENTS),
        },
    }
    requests = parts.access_log(machine.logs / "ingress.jsonl", NAME, parts.REQUEST_LINE)
    connections = parts.access_log(machine.logs / "connections.jsonl", NAME, parts.CONNECTION_LINE)
    filters = _authorization(security)
    chain: Json = {
        "transport_socket": parts.downstream_tls(common, require_client_certificate=True),
        "filters": [parts.http_manager(NAME, folder, filters=filters, access_log=[requests], **_manager(client))],
    }
    if "hostname" in listener:
        chain["filter_chain_match"] = {"server_names": [listener["hostname"]]}
    pair = (entry(secret, name).decode() for name in ("tls.crt", "tls.key"))
    return {
        "lds": [parts.listener(NAME, machine.ports.ingress, chain, access_log=[connections])],
        f"sds-{NAME}": [parts.certificate(NAME, *pair)],
        f"sds-{CLIENTS}": [parts.authority(CLIENTS, authorities)],
    }


def _policy(scope: Scope, kind: str, gateway: Object) -> Object:
    """The spec of the Gateway's policy of that kind, or an empty one; a broken one is the Gateway's problem too."""
    found: list[Object] = []
    for policy in scope.all(kind):
        with scope.checking(policy):
            if gateway in scope.targets(policy, "Gateway"):
                found.append(only(policy["spec"], _POLICIES[kind] | {"targetRef", "targetRefs"}, f"{kind}.spec"))
        if problem := scope.problems.get(key_of_manifest(policy)):
            raise type(problem)(f"{kind} {name_of(policy)!r}: {problem}")
    if len(found) > 1:
        raise RefusedError(f"The Gateway {name_of(gateway)!r} has more than one {kind}.")
    return found[0] if found else {}


def _validation(scope: Scope, gateway: Object, client: Object) -> tuple[str, list[Json]]:
    """The authorities whose certificates are taken, and the names of which a certificate must have one."""
    where = "ClientTrafficPolicy.spec.tls.clientValidation"
    pinned = (client.get("tls") or {}).get("clientValidation") or {}
    only(pinned, {"mode", "optional", "caCertificateRefs", "subjectAltNames"}, where)
    frontend = only(gateway["spec"].get("tls") or {}, {"frontend"}, "Gateway.spec.tls").get("frontend") or {}
    default = only(frontend, {"default"}, "Gateway.spec.tls.frontend").get("default") or {}
    own = only(default.get("validation") or {}, {"mode", "caCertificateRefs"}, "Gateway.spec.tls.frontend.default")
    modes = own.get("mode", "AllowValidOnly"), pinned.get("mode", "RequireAndVerify"), pinned.get("optional", False)
    if modes != ("AllowValidOnly", "RequireAndVerify", False):
        raise RefusedError("The local ingress requires a valid client certificate; other modes are not supported.")
    references = pinned.get("caCertificateRefs") or own.get("caCertificateRefs")
    if not references:
        raise RefusedError(
            "The local ingress speaks mutual TLS only: name the callers' authorities in "
            "Gateway.spec.tls.frontend.default.validation.caCertificateRefs."
        )
    names = only(pinned.get("subjectAltNames") or {}, {"uris", "dnsNames"}, f"{where}.subjectAltNames")
    kinds = {"uris": "URI", "dnsNames": "DNS"}
    matchers = [
        {"san_type": kinds[key], "matcher": _string(match, f"{where}.subjectAltNames")}
        for key, matches in names.items()
        for match in matches
    ]
    return scope.authorities(references, gateway), matchers


def _manager(client: Object) -> Json:
    """Envoy Gateway's defaults, and what the ClientTrafficPolicy changes."""
    where = "ClientTrafficPolicy.spec"
    headers = only(client.get("headers") or {}, {"requestID", "xForwardedClientCert"}, f"{where}.headers")
    forwarded = headers.get("xForwardedClientCert") or {"mode": "Sanitize"}
    only(forwarded, {"mode", "certDetailsToAdd"}, f"{where}.headers.xForwardedClientCert")
    path = only(client.get("path") or {}, {"escapedSlashesAction", "disableMergeSlashes"}, f"{where}.path")
    times = only(client.get("timeout") or {}, {"http"}, f"{where}.timeout").get("http") or {}
    only(times, {"requestReceivedTimeout", "idleTimeout"}, f"{where}.timeout.http")
    only(client.get("clientIPDetection") or {}, {"directSourceIP"}, f"{where}.clientIPDetection")
    identifier = headers.get("requestID", "Generate")
    manager: Json = {
        "strip_any_host_port": True,
        "merge_slashes": not path.get("disableMergeSlashes", False),
        "path_with_escaped_slashes_action": _constant(path.get("escapedSlashesAction", "UnescapeAndRedirect")),
        "forward_client_cert_details": _constant(forwarded["mode"]),
        "generate_request_id": identifier in ("Generate", "PreserveOrGenerate"),
        "preserve_external_request_id": identifier in ("Preserve", "PreserveOrGenerate"),
    }
    if details := forwarded.get("certDetailsToAdd"):
        manager["set_current_client_cert_details"] = {detail.lower(): True for detail in details}
    if "requestReceivedTimeout" in times:
        manager["request_timeout"] = duration(times["requestReceivedTimeout"])
    if "idleTimeout" in times:
        manager["common_http_protocol_options"] = {"idle_timeout": duration(times["idleTimeout"])}
    return manager


def _authorization(security: Object) -> list[Json]:
    """Which addresses may call at all."""
    if not security:
        return []
    where = "SecurityPolicy.spec.authorization"
    rules = only(security["authorization"], {"defaultAction", "rules"}, where)
    if {rules.get("defaultAction"), *(f"{rule['action']}ed" for rule in rules["rules"])} != {"Deny", "Allowed"}:
        raise RefusedError(f"{where}: the local stack knows the defaultAction Deny with rules that Allow.")
    principals = [
        {"direct_remote_ip": {"address_prefix": prefix, "prefix_len": int(length)}}
        for prefix, length in _ranges(rules["rules"], where)
    ]
    policy = {"permissions": [{"any": True}], "principals": principals}
    allowed = {"action": "ALLOW", "policies": {"callers": policy}}
    return [parts.extension("filters.http.rbac", "filters.http.rbac.v3.RBAC", rules=allowed)]


def _ranges(rules: Iterable[Object], where: str) -> list[list[str]]:
    principals = [only(rule["principal"], {"clientCIDRs"}, f"{where}.rules.principal") for rule in rules]
    return [cidr.split("/") for principal in principals for cidr in principal["clientCIDRs"]]


def _string(match: Object, where: str) -> Json:
    if match.get("type", "Exact") != "Exact":
        raise RefusedError(f"{where}: the local stack compares names exactly; type {match['type']!r} is not supported.")
    return {"exact": match["value"]}


def _constant(camel: str) -> str:
    """`KeepUnchanged` as Envoy spells it: KEEP_UNCHANGED."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", camel).upper()
