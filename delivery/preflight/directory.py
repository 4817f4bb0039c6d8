"""The directory of Azure: who is logged in, and the groups that the stack's file names."""

from __future__ import annotations

from delivery.preflight.ask import Json, answer_or
from delivery.preflight.check import Check, Deployment
from delivery.preflight.finding import Finding, failed, passed, skipped, warned

CLUSTER_ADMIN = "Azure Kubernetes Service RBAC Cluster Admin"
"""The role that enters the cluster without a group."""
SECTION = "docs/deploy.md, section 5"


def whoever_is_logged_in(deployment: Deployment) -> str:
    """Returns the object id of the person or the service principal that `az` is logged in as."""
    user = deployment.ask.entra("account", "show")["user"]
    if user["type"] == "user":
        return str(deployment.ask.entra("ad", "signed-in-user", "show")["id"])
    return principal(deployment, user["name"])


def principal(deployment: Deployment, application: str) -> str:
    """Returns the object id of an application's service principal."""
    return str(deployment.ask.entra("ad", "sp", "show", "--id", application)["id"])


def assignments(deployment: Deployment, object_id: str) -> list[Json]:
    """Returns the roles that somebody has on the subscription, by groups and by management groups too."""
    subscription = deployment.ask.subscription or deployment.ask.entra("account", "show")["id"]
    scope = f"/subscriptions/{subscription}"
    command = ("role", "assignment", "list", "--assignee", object_id, "--include-groups", "--include-inherited")
    found: list[Json] = deployment.ask.az(*command, "--scope", scope)
    return found


def in_group(deployment: Deployment, object_id: str) -> bool:
    """Returns whether somebody is in a group that administers the cluster, also by way of another group."""
    return any(
        deployment.ask.entra("ad", "group", "member", "check", "--group", group, "--member-id", object_id)["value"]
        for group in deployment.needs.cluster["aadProfile"]["adminGroupObjectIDs"]
    )


def cluster_admins(deployment: Deployment) -> Finding:
    """Looks whether whoever deploys may enter the cluster."""
    groups = deployment.needs.cluster["aadProfile"]["adminGroupObjectIDs"]
    who = whoever_is_logged_in(deployment)
    if in_group(deployment, who):
        return passed("whoever is logged in administers the cluster, by a group")
    if any(each["roleDefinitionName"] == CLUSTER_ADMIN for each in assignments(deployment, who)):
        return passed("whoever is logged in administers the cluster, by a role")
    return failed(
        "Whoever is logged in is in no group of cluster.adminGroupObjectIds: the cluster will be there, and refuse "
        "them (`Forbidden`).",
        f"az ad group member add --group {groups[0]} --member-id {who} ({SECTION}); then az login again",
    )


def database_admins(deployment: Deployment) -> Finding:
    """Looks whether the group that administers the databases exists, under the name that becomes a role's."""
    people = [
        each
        for each in deployment.needs.all("azure-native:dbforpostgresql:AdministratorsMicrosoftEntra")
        if each["principalType"] == "Group"
    ]
    if not people:
        return skipped("no group administers the databases (database.administrators)")
    group, name = people[0]["objectId"], people[0]["principalName"]
    found = answer_or(None, deployment.ask.entra, "ad", "group", "show", "--group", group)
    if found is None:
        return failed(
            f"The tenant has no group {group}, which is to administer the databases: Azure refuses it when the servers "
            "are there.",
            "make it, and write it into database.administrators (docs/deploy.md, sections 5 and 6)",
        )
    if found["displayName"] != name:
        return warned(
            f"The group {group} is called {found['displayName']}, and database.administrators.name is {name}.",
            "write the group's own name, letter by letter: it becomes the role with which people log in",
        )
    return passed(f"the group {name} administers the databases")


CHECKS = (
    Check(name="groups.cluster", look=cluster_admins),
    Check(name="groups.databases", look=database_admins),
)
