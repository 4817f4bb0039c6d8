"""Rules of identities: what they may do on Azure, and who gets tokens of the user pool."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from policy.rule import COMPUTED, Finding, Resource, Rule, expect, items

TOO_MUCH = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "Azure Kubernetes Service RBAC Cluster Admin",
}
"""Roles that are too large to be granted, by id
(https://learn.microsoft.com/azure/role-based-access-control/built-in-roles)."""
_SUBSCRIPTION = re.compile(r"/(subscriptions/[^/]+/?|providers/Microsoft\.Management/.*)?")
_ACCOUNT = re.compile(r"system:serviceaccount:[a-z0-9-]+:[a-z0-9-]+")
_CLIENT = "AWS::Cognito::UserPoolClient"
_EXCHANGE = "api://AzureADTokenExchange"
_ISSUER = re.compile(r"<ManagedCluster [^<>]+\.issuerURL>|https://[a-z0-9]+\.oic\.prod-aks\.azure\.com/.+")
"""The URL of an AKS cluster's issuer (https://learn.microsoft.com/azure/aks/use-oidc-issuer)."""
DAY_MINUTES = 1440


def roles_are_small(assignment: Resource) -> Iterator[Finding]:
    role = str(assignment.get("roleDefinitionId", "")).rpartition("/")[2]
    if role in TOO_MUCH:
        yield Finding(
            property="roleDefinitionId",
            allowed="be a role for one purpose",
            given=TOO_MUCH[role],
            do="Choose the smallest built-in role that does (components/azure/roles.py).",
        )
    scope = assignment.get("scope", "")
    if _SUBSCRIPTION.fullmatch(scope):
        yield Finding(
            property="scope",
            allowed="be a resource or a resource group",
            given=scope,
            do="Grant on what the identity works with, not on the whole subscription.",
        )
    yield from expect(
        assignment,
        "principalType",
        "ServicePrincipal",
        "Group",
        do="Set principal_type: a person's own rights are no part of a stack.",
    )


def pods_identities_are_theirs_alone(credential: Resource) -> Iterator[Finding]:
    subject = credential.get("subject", "")
    if not _ACCOUNT.fullmatch(subject):
        yield Finding(
            property="subject",
            allowed="be system:serviceaccount:NAMESPACE:NAME",
            given=subject,
            do="Name the one service account whose pods have the identity.",
        )
    yield from _issuer(credential)
    audiences = list(items(credential.get("audiences")))
    if audiences != [_EXCHANGE]:
        yield Finding(
            property="audiences", allowed=f"be [{_EXCHANGE!r}]", given=audiences, do="Take tokens for Azure only."
        )


def _issuer(credential: Resource) -> Iterator[Finding]:
    issuer = credential.get("issuer") or COMPUTED  # an engine's preview has none while the cluster is not there yet
    if issuer != COMPUTED and not _ISSUER.fullmatch(issuer):
        yield Finding(
            property="issuer",
            allowed="be an AKS cluster's",
            given=issuer,
            do="Take the cluster's oidc_issuer_profile.issuer_url: whoever signs for the issuer has the identity.",
        )


def people_do_not_sign_up(pool: Resource) -> Iterator[Finding]:
    yield from expect(
        pool,
        "adminCreateUserConfig.allowAdminCreateUserOnly",
        True,
        do="Set it, or everybody can make an account and get a token.",
    )


def clients_prove_who_they_are(client: Resource) -> Iterator[Finding]:
    flows = list(items(client.get("allowedOauthFlows")))
    if "implicit" in flows:
        yield Finding(
            property="allowedOauthFlows",
            allowed="not hold implicit",
            given=flows,
            do="Use code or client_credentials: implicit puts tokens into URLs.",
        )
    if "client_credentials" in flows or client.get("generateSecret"):
        yield Finding(
            property="generateSecret",
            allowed="not be of a resource of the engine, whose state would hold the client's secret",
            given=flows,
            do="Declare programs in identity.clients of the stack's file, and people's clients without a secret.",
        )
    if "code" in flows:
        yield from expect(
            client,
            "refreshTokenRotation.feature",
            "ENABLED",
            do="Rotate refresh tokens, or a stolen one is never noticed.",
        )
    passwords = [flow for flow in items(client.get("explicitAuthFlows")) if "PASSWORD" in flow]
    if passwords:
        yield Finding(
            property="explicitAuthFlows",
            allowed="hold no password flow",
            given=passwords,
            do="Use ALLOW_USER_SRP_AUTH, which sends no password.",
        )
    unit = client.get("tokenValidityUnits.accessToken", "hours")
    minutes = client.get("accessTokenValidity", 60) * {"seconds": 1 / 60, "minutes": 1, "hours": 60, "days": 1440}[unit]
    if minutes > DAY_MINUTES:
        yield Finding(
            property="accessTokenValidity",
            allowed="be a day at most",
            given=f"{client.get('accessTokenValidity')} {unit}",
            do="Lower identity.tokenMinutes: a token can't be taken back.",
        )


def programs_prove_who_they_are(stack: Resource) -> Iterator[Finding]:
    body = stack.get("templateBody") or COMPUTED
    if body == COMPUTED:
        return
    template: dict[str, Any] = json.loads(body)
    for name, resource in template["Resources"].items():
        where, properties = f"templateBody.Resources.{name}", resource.get("Properties", {})
        if resource["Type"] != _CLIENT:
            yield Finding(
                property=f"{where}.Type",
                allowed=f"be {_CLIENT}",
                given=resource["Type"],
                do="Declare it as a resource of its own: the rules do not look into templates.",
            )
        elif (properties.get("GenerateSecret"), properties.get("AllowedOAuthFlows")) != (True, ["client_credentials"]):
            yield Finding(
                property=f"{where}.Properties",
                allowed="have a secret, and the flow client_credentials alone",
                given=[properties.get("GenerateSecret"), properties.get("AllowedOAuthFlows")],
                do="Set GenerateSecret and AllowedOAuthFlows.",
            )
        if not properties.get("AllowedOAuthScopes"):
            yield Finding(
                property=f"{where}.Properties.AllowedOAuthScopes",
                allowed="name scopes",
                given=None,
                do="Name the scopes of the program in identity.clients of the stack's file.",
            )
    if shown := [name for name, output in template["Outputs"].items() if "Ref" not in output["Value"]]:
        yield Finding(
            property="templateBody.Outputs",
            allowed="be the ids of clients",
            given=shown,
            do="Take Ref: an attribute such as ClientSecret would be in the state.",
        )


RULES = (
    Rule(
        name="roles-are-small",
        why="An identity that is taken over can do what its role allows, wherever it is granted",
        source="https://learn.microsoft.com/azure/role-based-access-control/best-practices",
        types=("azure-native:authorization:RoleAssignment",),
        resource=roles_are_small,
    ),
    Rule(
        name="pods-identities-are-theirs-alone",
        why="A wider subject lets other pods have the identity, and with it the database",
        source="https://learn.microsoft.com/azure/aks/workload-identity-overview",
        types=("azure-native:managedidentity:FederatedIdentityCredential",),
        resource=pods_identities_are_theirs_alone,
    ),
    Rule(
        name="people-do-not-sign-up",
        why="The API is for clients that somebody registered",
        source="https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-admin-create-user-policy.html",
        types=("aws:cognito/userPool:UserPool",),
        resource=people_do_not_sign_up,
    ),
    Rule(
        name="clients-prove-who-they-are",
        why="Tokens in URLs, passwords in requests and tokens for weeks are what gets stolen",
        source="https://datatracker.ietf.org/doc/html/rfc9700",
        types=("aws:cognito/userPoolClient:UserPoolClient",),
        resource=clients_prove_who_they_are,
    ),
    Rule(
        name="programs-prove-who-they-are",
        why="A program without a secret of its own can be played by everybody; a secret in the state is no secret",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html",
        types=("aws:cloudformation/stack:Stack",),
        resource=programs_prove_who_they_are,
    ),
)
