"""The cluster's ingress: one Gateway with one HTTPS listener, its callers known by certificate, TLS on to the pods.

It fails closed: while the check of callers can't be built, or one of the two policies for it is not there, there is no
listener.
Fields: https://gateway.envoyproxy.io/docs/api/extension_types/#clienttrafficpolicy
"""

from __future__ import annotations

from collections.abc import Sequence

from local.desired import Object
from local.envoy.process import xds
from local.envoy.template import Files, Json, fill, from_file
from local.kubernetes.manifests import MissingError, RefusedError, entry, in_seconds, namespace_of
from local.kubernetes.references import References
from local.kubernetes.routes import Endpoint, Routes
from local.machine import Machine

NAME = "ingress"
KINDS = ("Gateway", "HTTPRoute", "BackendTrafficPolicy", "BackendTLSPolicy")
"""The kinds that count as failed when Envoy rejects the ingress."""
CLOSED = (
    "The ingress is closed until a ClientTrafficPolicy and a SecurityPolicy target its Gateway: "
    "it speaks mutual TLS only, with callers that are known by name and address."
)


def ingress(references: References, machine: Machine, endpoints: Sequence[Endpoint], tracing: Json | None) -> Files:
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
            client = references.policy("ClientTrafficPolicy", gateway)
            security = references.policy("SecurityPolicy", gateway)
            routes = Routes(references=references, folder=xds(machine), gateway=gateway, endpoints=endpoints)
            for route in references.sound("HTTPRoute"):
                with references.checking(route):
                    if client is None or security is None:  # the program declares them after the Gateway
                        raise MissingError(CLOSED)
                    routes.add(route)
            if client and security:
                listener = _listener(references, machine, gateway, client["spec"], security["spec"])
                files = {**routes.clusters, **fill("ingress", **listener, routes=routes.ordered(), tracing=tracing)}
    return files


def _listener(references: References, machine: Machine, gateway: Object, client: Object, security: Object) -> Json:
    """Returns the template's values for the listener and its secrets. Raises RefusedError, MissingError."""
    references.find("GatewayClass", "", gateway["spec"]["gatewayClassName"])
    (listener,) = gateway["spec"]["listeners"]
    (reference,) = listener["tls"]["certificateRefs"]
    secret = references.find("Secret", namespace_of(gateway), reference["name"])
    validation = client["tls"]["clientValidation"]
    names = [name["value"] for name in validation["subjectAltNames"]["uris"]]
    if not names:
        raise RefusedError("The local ingress lets named callers in only: subjectAltNames.uris must have a name.")
    details = client["headers"]["xForwardedClientCert"]["certDetailsToAdd"]
    rules = security["authorization"]["rules"]
    ranges = [text.split("/") for rule in rules for text in rule["principal"]["clientCIDRs"]]
    return {
        "port": machine.ports.ingress,
        "listener": listener,
        "client": in_seconds(client),
        "connections_log": str(machine.logs / "connections.jsonl"),
        "requests_log": str(machine.logs / "ingress.jsonl"),
        "tls_version": f"TLSv{client['tls']['minVersion'].replace('.', '_')}",
        "callers": [{"san_type": "URI", "matcher": {"exact": name}} for name in names],
        "authorities": references.authorities(validation["caCertificateRefs"], namespace_of(gateway)),
        "sds_file": from_file(xds(machine), f"sds-{NAME}"),
        "clients_file": from_file(xds(machine), f"sds-{NAME}-clients"),
        "rds_file": from_file(xds(machine), f"rds-{NAME}"),
        "certificate_chain": entry(secret, "tls.crt").decode(),
        "private_key": entry(secret, "tls.key").decode(),
        "certificate_details": {detail.lower(): True for detail in details},
        "addresses": [{"direct_remote_ip": {"address_prefix": p, "prefix_len": int(size)}} for p, size in ranges],
    }
