"""The rights on Azure of whoever is logged in, and of the application as which GitHub's jobs deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from delivery.preflight.check import Check, Deployment
from delivery.preflight.directory import assignments, in_group, principal, whoever_is_logged_in
from delivery.preflight.finding import Finding, passed, skipped, warned

OWNER, CONTRIBUTOR, METRICS = "Owner", "Contributor", "Monitoring Data Reader"
ASSIGNING = frozenset({"Role Based Access Control Administrator", "User Access Administrator"})
"""The roles that give roles."""
SECTION = "docs/deploy.md, section 5"


def of_the_log_in(deployment: Deployment) -> Finding:
    """Looks at the roles of whoever is logged in."""
    missing = list(_missing(deployment, whoever_is_logged_in(deployment)))
    if missing:
        return warned(
            f"Whoever is logged in to Azure seems to lack {', '.join(missing)}, unless a role of your own gives it.",
            f"give them with `grant` ({SECTION})",
        )
    return passed("whoever is logged in may deploy to Azure, by the roles of docs/deploy.md")


def of_the_application(deployment: Deployment) -> Finding:
    """Looks at the roles and the group of the application as which GitHub's jobs deploy."""
    name = deployment.needs.name
    if deployment.in_a_job:
        return skipped("the job is logged in as its application, whose rights are looked at already")
    found = application(deployment, name)
    if not found:
        return skipped(
            f"there is no application {name}: no job of GitHub's deploys", f"make it with `application` ({SECTION})"
        )
    who = principal(deployment, found)
    missing = list(_missing(deployment, who))
    if not in_group(deployment, who):
        missing.append("membership in a group of cluster.adminGroupObjectIds")
    if missing:
        return warned(
            f"The application {name} seems to lack {', '.join(missing)}.", f"give them with `grant` ({SECTION})"
        )
    return passed(f"the application {name} may deploy to Azure")


def application(deployment: Deployment, name: str) -> str:
    """Returns the client id of an application, empty when there is none of the name."""
    listed = deployment.ask.entra("ad", "app", "list", "--filter", f"displayName eq '{name}'")
    return str(listed[0]["appId"]) if listed else ""


def _missing(deployment: Deployment, object_id: str) -> Iterator[str]:
    """Yields the roles that somebody needs and does not have."""
    conditions = {
        each["roleDefinitionName"]: each.get("condition") or "" for each in assignments(deployment, object_id)
    }
    if OWNER not in conditions:
        if CONTRIBUTOR not in conditions:
            yield CONTRIBUTOR
        given = [conditions[role] for role in ASSIGNING & conditions.keys()]
        if not given:
            yield min(ASSIGNING)
        elif not any(_allows(deployment, condition) for condition in given):
            yield f"{min(ASSIGNING)} for the roles of the program (the condition names others)"
    if METRICS not in conditions:
        yield METRICS


def _allows(deployment: Deployment, condition: str) -> bool:
    """Returns whether a condition leaves room for each role that the program gives."""
    roles = {
        each["roleDefinitionId"].rpartition("/")[2]
        for each in deployment.needs.all("azure-native:authorization:RoleAssignment")
    }
    return not condition or roles <= set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", condition))


CHECKS = (
    Check(name="rights.azure", look=of_the_log_in),
    Check(name="rights.azure-application", look=of_the_application),
)
