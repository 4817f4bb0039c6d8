"""The cluster's ingress: one Gateway with one HTTPS listener, its callers known by certificate, TLS on to the pods.

It fails closed, as Envoy Gateway does: while the check of callers can't be built there is no listener.
Fields: https://gateway.envoyproxy.io/docs/api/extension_types/#clienttrafficpolicy
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.desired import Object
from local.envoy.template import Files, Json, fill, from_file
from local.kubernetes.manifests import RefusedError, entry, in_seconds, namespace_of
from local.kubernetes.references import References
from local.kubernetes.routes import Endpoint, Routes
from local.machine import Machine

NAME = "ingress"
OWNERS = {
    "lds": {"Gateway"},
    "cds": {"HTTPRoute", "BackendTrafficPolicy", "BackendTLSPolicy"},
    f"rds-{NAME}": {"Gateway", "HTTPRoute"},
    f"sds-{NAME}": {"Gateway", "HTTPRoute"},
    "eds-": {"Service"},
}
"""The kinds that a file comes from, by the beginning of the file's name."""


def ingress(references: References, machine: Machine, folder: Path, endpoints: Sequence[Endpoint]) -> Files:
    """Returns Envoy's resources, and leaves what is wrong with which object in `references.problems`."""
    files: Files = {"lds": [], "cds": []}
    for kind in ("BackendTLSPolicy", "BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy"):
        for policy in references.sound(kind):
            with references.checking(policy):
                references.targets(policy)
    for number, gateway in enumerate(references.sound("Gateway")):
        with references.checking(gateway):
            if number or len(gateway["spec"]["listeners"]) != 1:
                raise RefusedError("The local stack has one ingress port, so it takes one Gateway with one listener.")
            routes = Routes(references=references, folder=folder, gateway=gateway, endpoints=endpoints)
            for route in references.sound("HTTPRoute"):
                with references.checking(route):
                    routes.add(route)
            files = {**routes.clusters, **_listen(references, machine, folder, gateway, routes.ordered())}
    return files


def _listen(references: References, machine: Machine, folder: Path, gateway: Object, routes: Sequence[Json]) -> Files:
    """Returns the listener with its routes and secrets. Raises RefusedError, MissingError."""
    references.find("GatewayClass", "", gateway["spec"]["gatewayClassName"])
    client = _policy(references, "ClientTrafficPolicy", gateway)
    rules = _policy(references, "SecurityPolicy", gateway)["spec"]["authorization"]["rules"]
    (listener,) = gateway["spec"]["listeners"]
    (reference,) = listener["tls"]["certificateRefs"]
    secret = references.find("Secret", namespace_of(gateway), reference["name"])
    tls = client["spec"]["tls"]
    names = [name["value"] for name in tls["clientValidation"]["subjectAltNames"]["uris"]]
    if not names:
        raise RefusedError("The local ingress lets named callers in only: subjectAltNames.uris must have a name.")
    details = client["spec"]["headers"]["xForwardedClientCert"]["certDetailsToAdd"]
    ranges = [text.split("/") for rule in rules for text in rule["principal"]["clientCIDRs"]]
    files: Files = fill(
        "ingress",
        port=machine.ports.ingress,
        listener=listener,
        client=in_seconds(client["spec"]),
        connections_log=str(machine.logs / "connections.jsonl"),
        requests_log=str(machine.logs / "ingress.jsonl"),
        tls_version=f"TLSv{tls['minVersion'].replace('.', '_')}",
        callers=[{"san_type": "URI", "matcher": {"exact": name}} for name in names],
        authorities=references.authorities(tls["clientValidation"]["caCertificateRefs"], client),
        sds_file=from_file(folder, f"sds-{NAME}"),
        clients_file=from_file(folder, f"sds-{NAME}-clients"),
        rds_file=from_file(folder, f"rds-{NAME}"),
        certificate_chain=entry(secret, "tls.crt").decode(),
        private_key=entry(secret, "tls.key").decode(),
        certificate_details={detail.lower(): True for detail in details},
        addresses=[{"direct_remote_ip": {"address_prefix": p, "prefix_len": int(size)}} for p, size in ranges],
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
