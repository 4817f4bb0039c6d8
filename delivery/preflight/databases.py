"""The database servers: the location has their size, version and standby, and lets the subscription have them."""

from __future__ import annotations

from collections.abc import Iterator

from delivery.preflight.ask import Json, answer_or
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned
from delivery.preflight.needs import Properties

SERVER = "azure-native:dbforpostgresql:Server"
SECTION = "docs/deploy.md, section 2"


def capability(deployment: Deployment) -> Finding:
    """Compares what the location can do with each server that the program declares."""
    needs, servers = deployment.needs, deployment.needs.all(SERVER)
    if not servers:
        return skipped("the program declares no database server")
    (offer, *_) = deployment.ask.az("postgres", "flexible-server", "list-skus", "--location", needs.location)
    problems = list(dict.fromkeys(problem for server in servers for problem in _problems(offer, server)))
    sizes = ", ".join(sorted({server["sku"]["name"] for server in servers}))
    if not problems:
        return passed(f"{needs.location} has {len(servers)} servers of {sizes}, as far as it says")
    verdict = failed if _running(deployment) < len(servers) else warned
    return verdict(
        f"{needs.location} does not offer what the servers need: {'; '.join(problems)}.",
        f"another database.sku, database.version, database.highAvailability or azure.location; or "
        f"ask Azure ({SECTION})",
    )


def _problems(offer: Json, server: Properties) -> Iterator[str]:
    if reason := _restriction(offer):
        yield reason
        return
    tier, size = server["sku"]["tier"], server["sku"]["name"]
    sizes = {
        (edition["name"], each["name"]): each
        for edition in offer["supportedServerEditions"]
        for each in edition["supportedServerSkus"]
    }
    if not sizes:
        raise ValueError("no size is listed")
    found = sizes.get((tier, size))
    if found is None:
        yield f"no {size} in tier {tier}"
    elif found.get("status") == "Disabled":
        yield f"{size} is not available ({found.get('reason') or 'no reason given'})"
    else:
        yield from _standby(found, server["highAvailability"]["mode"])
    versions = {each["name"] for each in offer.get("supportedServerVersions") or []}
    if versions and server["version"] not in versions:
        yield f"no PostgreSQL {server['version']}"


def _standby(size: Json, mode: str) -> Iterator[str]:
    if mode == "Disabled":
        return
    modes = size.get("supportedHighAvailabilityModes", size.get("supportedHaMode"))
    if mode not in modes:
        yield f"no standby {mode} for {size['name']}, only {', '.join(modes) or 'none'}"


def _restriction(offer: Json) -> str:
    """Returns why the subscription can have no server in the location, empty when it can."""
    features = {each["name"]: each["status"] for each in offer.get("supportedFeatures") or []}
    if offer.get("restricted") == "Enabled" or features.get("OfferRestricted") == "Enabled":
        return str(offer.get("reason") or "the location is restricted for the subscription")
    return str(offer["reason"]) if offer.get("reason") and not offer.get("supportedServerEditions") else ""


def _running(deployment: Deployment) -> int:
    """Returns how many servers the stack has already: those stay, whatever is offered now."""
    command = ("postgres", "flexible-server", "list", "--resource-group", deployment.needs.group)
    return len(answer_or([], deployment.ask.az, *command))


CHECKS = (Check(name="quotas.databases", look=capability),)
