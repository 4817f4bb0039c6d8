"""Names that are unique in the world or in a region, and the certificate of a name of one's own."""

from __future__ import annotations

import datetime as dt

from delivery.preflight import addresses
from delivery.preflight.ask import answer_or
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned

SECTION = "docs/deploy.md, section 6"
RENEWED_DAYS = 30
"""Days before its end by which ACM has renewed a certificate that it renews by itself."""
DNS_CHECK = (
    "https://management.azure.com/subscriptions/{}/providers/Microsoft.Network/locations/{}/CheckDnsNameAvailability"
    "?domainNameLabel={}&api-version=2024-07-01"
)


def registry(deployment: Deployment) -> Finding:
    """Looks whether the registry's name is free, or the stack's own."""
    name = deployment.needs.only("azure-native:containerregistry:Registry")["registryName"]
    answer = deployment.ask.az("acr", "check-name", "--name", name)
    if answer["nameAvailable"]:
        return passed(f"the registry's name {name} is free")
    group = _group_of_registry(deployment, name) if answer["reason"] == "AlreadyExists" else ""
    if group.casefold() == deployment.needs.group.casefold():
        return passed(f"the registry {name} is the stack's own")
    where = f" It is yours, in the resource group {group}." if group else ""
    return failed(
        f"The registry can't be called {name}: {answer['reason']}, {str(answer['message']).rstrip('.')}.{where}",
        f"another registry.name ({SECTION})",
    )


def _group_of_registry(deployment: Deployment, name: str) -> str:
    """Returns the resource group of a registry in the subscription, empty when it is somebody else's."""
    found = answer_or(None, deployment.ask.az, "acr", "show", "--name", name)
    return "" if found is None else str(found["id"]).split("/")[4]


def dns_label(deployment: Deployment) -> Finding:
    """Looks whether the ingress's label is free in the location, or the stack's own."""
    needs, ask = deployment.needs, deployment.ask
    labels = [each["dnsSettings"]["domainNameLabel"] for each in needs.all(addresses.ADDRESS) if "dnsSettings" in each]
    if not labels:
        return skipped("no address of the stack has a label")
    (label,) = labels
    subscription = ask.subscription or ask.entra("account", "show")["id"]
    address = DNS_CHECK.format(subscription, needs.location, label)
    if ask.az("rest", "--method", "get", "--url", address)["available"]:
        return passed(f"the label {label} is free in {needs.location}")
    if any((each.get("dnsSettings") or {}).get("domainNameLabel") == label for each in addresses.own(deployment)):
        return passed(f"the label {label} is the stack's own")
    return failed(f"The label {label} is taken in {needs.location}.", f"another ingress.dnsLabel ({SECTION})")


def domain_prefix(deployment: Deployment) -> Finding:
    """Looks whether the prefix of the user pool's pages is the account's own."""
    prefixes = [each["domain"] for each in deployment.needs.all("aws:cognito/userPoolDomain:UserPoolDomain")]
    if not prefixes:
        return skipped("the issuer of the tokens is none of Cognito")
    (prefix,) = prefixes
    answer = deployment.ask.aws("cognito-idp", "describe-user-pool-domain", "--domain", prefix)
    if answer.get("DomainDescription"):
        return passed(f"the prefix {prefix} is a user pool's of this account")
    return warned(
        f"The prefix {prefix} is not this account's yet; whether it is another's only its creation tells.",
        f"if that says `Domain already associated`: another identity.domainPrefix ({SECTION})",
    )


def certificate(deployment: Deployment) -> Finding:
    """Looks whether the certificate of the API's own name is issued, and for the stack's region."""
    needs = deployment.needs
    domains = needs.all("aws:apigatewayv2/domainName:DomainName")
    if not domains:
        return skipped("the API has no name of its own (api.domain)")
    (domain,) = domains
    arn = domain["domainNameConfiguration"]["certificateArn"]
    region = arn.split(":")[3]
    if region != needs.region:
        return failed(
            f"The certificate of {domain['domainName']} is in {region}, and the API in {needs.region}.",
            f"ask for one in {needs.region}, and set api.domain.certificateArn",
        )
    found = deployment.ask.aws("acm", "describe-certificate", "--certificate-arn", arn)["Certificate"]
    if found["Status"] != "ISSUED":
        return failed(
            f"The certificate of {domain['domainName']} is {found['Status']}.",
            f"aws acm describe-certificate --certificate-arn {arn} shows the DNS records that prove the name",
        )
    ends = dt.datetime.fromisoformat(found["NotAfter"])
    if ends < dt.datetime.now(dt.UTC) + dt.timedelta(days=RENEWED_DAYS):
        return warned(f"The certificate of {domain['domainName']} ends on {ends:%Y-%m-%d}.", "renew or re-import it")
    return passed(f"the certificate of {domain['domainName']} is issued")


CHECKS = (
    Check(name="names.registry", look=registry),
    Check(name="names.dns-label", look=dns_label),
    Check(name="names.domain-prefix", look=domain_prefix),
    Check(name="names.certificate", look=certificate),
)
