"""A Gateway with its ClientTrafficPolicy and SecurityPolicy as Envoy's ingress listener.

It fails closed, as Envoy Gateway does: while the check of callers can't be built there is no listener.
Fields: https://gateway.envoyproxy.io/docs/api/extension_types/#clienttrafficpolicy
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.desired import Object
from local.envoy.template import Files, Json, fill, from_file
from local.kubernetes.manifests import RefusedError, entry, namespace_of, seconds
from local.kubernetes.references import References
from local.machine import Machine

NAME = "ingress"


def listen(references: References, machine: Machine, folder: Path, gateway: Object, routes: Sequence[Json]) -> Files:
    """Returns the listener with its routes and secrets. Raises RefusedError, MissingError."""
    references.find("GatewayClass", "", gateway["spec"]["gatewayClassName"])
    client = _policy(references, "ClientTrafficPolicy", gateway)
    security = _policy(references, "SecurityPolicy", gateway)
    (declared,) = gateway["spec"]["listeners"]
    (reference,) = declared["tls"]["certificateRefs"]
    secret = references.find("Secret", namespace_of(gateway), reference["name"])
    tls, times = client["spec"]["tls"], client["spec"]["timeout"]["http"]
    validation = tls["clientValidation"]
    names = [name["value"] for name in validation["subjectAltNames"]["uris"]]
    if not names:
        raise RefusedError("The local ingress lets named callers in only: subjectAltNames.uris must have a name.")
    details = client["spec"]["headers"]["xForwardedClientCert"]["certDetailsToAdd"]
    files: Files = fill(
        "ingress",
        port=machine.ports.ingress,
        hostname=declared["hostname"],
        connections_log=str(machine.logs / "connections.jsonl"),
        requests_log=str(machine.logs / "ingress.jsonl"),
        tls_version=f"TLSv{tls['minVersion'].replace('.', '_')}",
        callers=[{"san_type": "URI", "matcher": {"exact": name}} for name in names],
        authorities=references.authorities(validation["caCertificateRefs"], client),
        sds_file=from_file(folder, f"sds-{NAME}"),
        clients_file=from_file(folder, f"sds-{NAME}-clients"),
        rds_file=from_file(folder, f"rds-{NAME}"),
        certificate_chain=entry(secret, "tls.crt").decode(),
        private_key=entry(secret, "tls.key").decode(),
        certificate_details={detail.lower(): True for detail in details},
        request_timeout=seconds(times["requestReceivedTimeout"]),
        idle_timeout=seconds(times["idleTimeout"]),
        allowed=_allowed(security["spec"]["authorization"]["rules"]),
        routes=routes,
    )
    return files


def _policy(references: References, kind: str, gateway: Object) -> Object:
    """Returns the Gateway's policy of that kind. Raises RefusedError, MissingError."""
    for policy in references.all(kind):
        references.require(policy)  # a broken one may be meant for this Gateway
    if match := references.policy(kind, gateway):
        return match
    raise RefusedError(
        "The local ingress speaks mutual TLS only, with callers that are known by name and address: "
        f"a {kind} must target the Gateway."
    )


def _allowed(rules: Sequence[Object]) -> Json:
    """Returns the addresses that may call."""
    ranges = [text.split("/") for rule in rules for text in rule["principal"]["clientCIDRs"]]
    callers = [{"direct_remote_ip": {"address_prefix": prefix, "prefix_len": int(size)}} for prefix, size in ranges]
    return {"action": "ALLOW", "policies": {"callers": {"permissions": [{"any": True}], "principals": callers}}}
