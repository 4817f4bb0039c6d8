"""The directory of Azure: who is logged in, and the groups that the stack's file names."""

from __future__ import annotations

from delivery.preflight.ask import Json
from delivery.preflight.check import Check, Flight
from delivery.preflight.finding import Finding, failed, passed, skipped, warned
from delivery.preflight.unanswered import UnansweredError, Why

CLUSTER_ADMIN = "Azure Kubernetes Service RBAC Cluster Admin"
"""The role that enters the cluster without a group."""
PAGE = "docs/deploy.md, 5"


def whoever_is_logged_in(flight: Flight) -> str:
    """Returns the object id of the person or the service principal that `az` is logged in as."""
    user = flight.ask.entra("account", "show")["user"]
    if user["type"] == "user":
        return str(flight.ask.entra("ad", "signed-in-user", "show")["id"])
    return principal(flight, user["name"])


def principal(flight: Flight, application: str) -> str:
    """Returns the object id of an application's service principal."""
    return str(flight.ask.entra("ad", "sp", "show", "--id", application)["id"])


def assignments(flight: Flight, object_id: str) -> list[Json]:
    """Returns the roles that somebody has on the subscription, by groups and by management groups too."""
    subscription = flight.ask.subscription or flight.ask.entra("account", "show")["id"]
    scope = f"/subscriptions/{subscription}"
    command = ("role", "assignment", "list", "--assignee", object_id, "--include-groups", "--include-inherited")
    found: list[Json] = flight.ask.az(*command, "--scope", scope)
    return found


def in_group(flight: Flight, object_id: str) -> bool:
    """Returns whether somebody is in a group that administers the cluster, also by way of another group."""
    return any(
        flight.ask.entra("ad", "group", "member", "check", "--group", group, "--member-id", object_id)["value"]
        for group in flight.needs.cluster["aadProfile"]["adminGroupObjectIDs"]
    )


def cluster_admins(flight: Flight) -> Finding:
    """Looks whether whoever deploys may enter the cluster."""
    groups = flight.needs.cluster["aadProfile"]["adminGroupObjectIDs"]
    who = whoever_is_logged_in(flight)
    if in_group(flight, who):
        return passed("whoever is logged in administers the cluster, by a group")
    if any(each["roleDefinitionName"] == CLUSTER_ADMIN for each in assignments(flight, who)):
        return passed("whoever is logged in administers the cluster, by a role")
    return failed(
        "Whoever is logged in is in no group of cluster.adminGroupObjectIds: the cluster will be there, and refuse "
        "them (`Forbidden`).",
        f"az ad group member add --group {groups[0]} --member-id {who} ({PAGE}); then az login again",
    )


def database_admins(flight: Flight) -> Finding:
    """Looks whether the group that administers the databases exists, under the name that becomes a role's."""
    people = [
        each
        for each in flight.needs.all("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra")
        if each["principalType"] == "Group"
    ]
    if not people:
        return skipped("no group administers the databases (database.administrators)")
    group, name = people[0]["objectId"], people[0]["principalName"]
    try:
        found = flight.ask.entra("ad", "group", "show", "--group", group)["displayName"]
    except UnansweredError as error:
        if error.why is Why.ABSENT:
            return failed(
                f"The tenant has no group {group}, which is to administer the databases: Azure refuses it when the "
                "servers are there.",
                f"database.administrators ({PAGE} and 6)",
            )
        raise
    if found != name:
        return warned(
            f"The group {group} is called {found}, and database.administrators.name is {name}.",
            "write the group's own name, letter by letter: it becomes the role with which people log in",
        )
    return passed(f"the group {name} administers the databases")


CHECKS = (
    Check(name="groups.cluster", look=cluster_admins),
    Check(name="groups.databases", look=database_admins),
)
