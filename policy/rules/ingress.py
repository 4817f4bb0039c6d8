"""Rules of the one way into the cluster: TLS with a client certificate in, TLS on to the pod."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from policy.rule import Finding, Resource, Rule, Stack, at, expect, given, items

_GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
_CLIENTS = "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy"
_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
_BACKEND_TLS = "kubernetes:gateway.networking.k8s.io/v1:BackendTLSPolicy"
_SECURITY = "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy"
_SERVICE = "kubernetes:core/v1:Service"


def gateways_ask_for_certificates(gateway: Resource) -> Iterator[Finding]:
    for listener in items(gateway.get("spec.listeners")):
        if listener.get("protocol") != "HTTPS":
            yield Finding(
                property=f"spec.listeners[{listener.get('name')}].protocol",
                allowed="be HTTPS",
                given=listener.get("protocol"),
                do="Give the listener a certificate.",
            )
        if at(listener, "allowedRoutes.namespaces.from") not in ("Selector", "Same"):
            yield Finding(
                property=f"spec.listeners[{listener.get('name')}].allowedRoutes.namespaces.from",
                allowed='be "Selector" or "Same"',
                given=at(listener, "allowedRoutes.namespaces.from"),
                do="Choose namespaces by a label, or a route of any namespace takes requests.",
            )
    validation = "spec.tls.frontend.default.validation"
    yield from expect(
        gateway, f"{validation}.mode", "AllowValidOnly", do="Set it, or callers without a certificate get through."
    )
    yield from given(
        gateway,
        f"{validation}.caCertificateRefs",
        allowed="name an authority",
        do="Name the ConfigMap with the authority of the orchestrator's certificate.",
    )


def callers_are_verified(policy: Resource) -> Iterator[Finding]:
    yield from expect(
        policy, "spec.tls.minVersion", "1.2", "1.3", do="Set tls.minVersion: older versions can be read and changed."
    )
    validation = "spec.tls.clientValidation"
    yield from expect(
        policy, f"{validation}.mode", "RequireAndVerify", do="Set it, or a caller without a certificate gets through."
    )
    yield from given(
        policy, f"{validation}.caCertificateRefs", allowed="name an authority", do="Name the callers' authorities."
    )
    names = [name for kind in policy.get(f"{validation}.subjectAltNames", {}).values() for name in items(kind)]
    if not names or any(name.get("type") != "Exact" for name in names):
        yield Finding(
            property=f"{validation}.subjectAltNames",
            allowed="name who calls, each with type Exact",
            given=names,
            do="Pin the callers' URIs, or every certificate of the authority will do.",
        )
    yield from expect(
        policy,
        "spec.headers.xForwardedClientCert.mode",
        *("Sanitize", "SanitizeSet"),
        do="Set it, or a caller can say in a header that it is another one.",
    )


def gateways_have_their_policies(stack: Stack) -> Iterator[Finding]:
    for kind in (_CLIENTS, _SECURITY):
        covered = {
            (policy.get("metadata.namespace"), target.get("name"))
            for policy in stack.of(kind)
            for target in items(policy.get("spec.targetRefs"))
        }
        for gateway in stack.of(_GATEWAY):
            if (gateway.get("metadata.namespace"), gateway.get("metadata.name")) not in covered:
                yield Finding(
                    property="metadata.name",
                    allowed=f"be the target of a {kind.rpartition(':')[2]}",
                    given=gateway.get("metadata.name"),
                    do="Add one with targetRefs: it decides who gets in.",
                    resource=gateway,
                )


def gateways_refuse_by_default(policy: Resource) -> Iterator[Finding]:
    yield from expect(
        policy, "spec.authorization.defaultAction", "Deny", do="Allow source ranges, and deny everything else."
    )


def sources_are_named(policy: Resource) -> Iterator[Finding]:
    for rule in items(policy.get("spec.authorization.rules")):
        ranges = rule.get("principal", {}).get("clientCIDRs", [])
        if rule.get("action") == "Allow" and any(ip_network(each).prefixlen == 0 for each in ranges):
            yield Finding(
                property=f"spec.authorization.rules[{rule.get('name')}].principal.clientCIDRs",
                allowed="name networks",
                given=ranges,
                do="Set ingress.sourceRanges in the stack's file to where the functions call from.",
            )


def routes_lead_to_tls(stack: Stack) -> Iterator[Finding]:
    encrypted = {
        (policy.get("metadata.namespace"), target.get("name"))
        for policy in stack.of(_BACKEND_TLS)
        for target in items(policy.get("spec.targetRefs"))
        if policy.get("spec.validation.hostname") and policy.get("spec.validation.caCertificateRefs")
    }
    for route in stack.of(_ROUTE):
        for rule in items(route.get("spec.rules")):
            for backend in items(rule.get("backendRefs")):
                if (backend.get("namespace", route.get("metadata.namespace")), backend.get("name")) not in encrypted:
                    yield Finding(
                        property=f"spec.rules[{rule.get('name')}].backendRefs[{backend.get('name')}]",
                        allowed="be a Service that a BackendTLSPolicy with authority and host name is for",
                        given=backend.get("name"),
                        do="Add one: without it the ingress sends requests to the pods without TLS.",
                        resource=route,
                    )


def services_stay_inside(service: Resource) -> Iterator[Finding]:
    type_ = service.get("spec.type", "ClusterIP")
    if type_ != "ClusterIP" or service.get("spec.externalIPs"):
        yield Finding(
            property="spec.type",
            allowed="be ClusterIP without externalIPs",
            given=type_,
            do="Let the ingress route to it (components/kubernetes/route.py).",
        )


RULES = (
    Rule(
        name="gateways-ask-for-certificates",
        why="The ingress has a public address: only the orchestrator's certificate tells it from everybody else",
        source="https://gateway-api.sigs.k8s.io/guides/tls/#client-certificate-validation-frontend-mtls",
        types=(_GATEWAY,),
        resource=gateways_ask_for_certificates,
    ),
    Rule(
        name="callers-are-verified",
        why="A certificate alone is not enough: the authority may sign others",
        source="https://gateway.envoyproxy.io/docs/tasks/security/mutual-tls/",
        types=(_CLIENTS,),
        resource=callers_are_verified,
    ),
    Rule(
        name="gateways-have-their-policies",
        why="A Gateway takes every caller whom no policy refuses",
        source="https://gateway.envoyproxy.io/docs/concepts/gateway_api_extensions/",
        types=(_GATEWAY, _CLIENTS, _SECURITY),
        stack=gateways_have_their_policies,
    ),
    Rule(
        name="gateways-refuse-by-default",
        why="A rule that is left out should refuse, not admit",
        source="https://gateway.envoyproxy.io/docs/tasks/security/restrict-ip-access/",
        types=(_SECURITY,),
        resource=gateways_refuse_by_default,
    ),
    Rule(
        name="sources-are-named",
        why="An address that is open to everybody is tried by everybody",
        source="https://gateway.envoyproxy.io/docs/tasks/security/restrict-ip-access/",
        types=(_SECURITY,),
        resource=sources_are_named,
    ),
    Rule(
        name="routes-lead-to-tls",
        why="Requests carry personal data, and nodes share networks",
        source="https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/",
        types=(_ROUTE, _BACKEND_TLS),
        stack=routes_lead_to_tls,
    ),
    Rule(
        name="services-stay-inside",
        why="A load balancer or node port of its own is a way past the ingress",
        source="https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
        types=(_SERVICE,),
        resource=services_stay_inside,
    ),
)
