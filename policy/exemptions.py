"""The places where the program breaks a rule on purpose, and why it may."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from policy.rule import Violation


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """The permission to break one rule with one property of one resource."""

    rule: str
    """The rule's name."""
    type: str
    """The resource's type."""
    name: str
    """The resource's name."""
    property: str
    """The property's dotted path, in which `*` stands for anything."""
    reason: str
    """The reason why the rule may be broken here."""
    stacks: tuple[str, ...] = ("local", "dev", "prod")
    """The stacks that need it. An exemption that a stack does not need is an error."""

    def covers(self, violation: Violation) -> bool:
        """Returns whether the violation is what the exemption permits."""
        pattern = self.property.replace("[", "[[]")
        return (violation.rule.name, violation.resource) == (self.rule, f"{self.type} {self.name}") and fnmatchcase(
            violation.finding.property, pattern
        )


_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_API_SERVER = (
    "the API server is on no pod and no address that a policy could select under Cilium "
    "(https://learn.microsoft.com/azure/aks/azure-cni-powered-by-cilium): the port is as narrow as it gets"
)

EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption(
        rule="routes-need-a-token",
        type="aws:apigatewayv2/route:Route",
        name="getHealth",
        property="authorizationType",
        reason="whoever watches from outside has no token; the answer says only which services are away, and the "
        "route has a throttle of its own",
    ),
    Exemption(
        rule="flows-are-named",
        type=_POLICY,
        name="envoy-gateway-system-controller",
        property="spec.egress[*].to",
        reason=_API_SERVER,
    ),
    Exemption(
        rule="flows-are-named",
        type=_POLICY,
        name="envoy-gateway-system-certgen",
        property="spec.egress[*].to",
        reason=_API_SERVER,
    ),
    Exemption(
        rule="flows-are-named",
        type=_POLICY,
        name="envoy-gateway-system-proxy",
        property="spec.ingress[*].from",
        reason="it is the public entry: source ranges are the SecurityPolicy's, and without the orchestrator's "
        "certificate nobody gets past the handshake",
    ),
    Exemption(
        rule="sources-are-named",
        type="kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy",
        name="edge",
        property="spec.authorization.rules[callers].principal.clientCIDRs",
        reason="a function outside of a VPC shares its addresses with all of AWS; the client certificate with the "
        "orchestrator's URI decides. With a VPC and a NAT gateway, set ingress.sourceRanges and remove this",
        stacks=("dev", "prod"),
    ),
    Exemption(
        rule="registries-are-private",
        type="azure-native:containerregistry:Registry",
        name="registry",
        property="publicNetworkAccess",
        reason="images are pushed from CI, which has no fixed address; whoever pushes or pulls needs an Entra identity "
        "with a role on this registry. A private endpoint needs the tier Premium and runners in the network",
    ),
)
