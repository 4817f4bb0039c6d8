"""Weakened arguments that expose something to the public, or let somebody in."""

from __future__ import annotations

from tests.unit.policy.mutations.types import (
    ADMINISTRATOR,
    API,
    AUTHORIZER,
    CALLERS,
    CLIENT,
    CLUSTER,
    CREDENTIAL,
    GATEWAY,
    PERMISSION,
    POOL,
    PROGRAMS,
    REGISTRY,
    ROUTE,
    SERVER,
    SERVICE,
    SOURCES,
    STAGE,
    WORKSPACE,
)
from tests.unit.policy.mutations.ways import Row, to, within_template

SECRET_OF_SMOKE = {"Fn::GetAtt": ["smoke", "ClientSecret"]}
FRONTEND = "spec.tls.frontend.default.validation"
VALIDATION = "spec.tls.clientValidation"


ACCESS: tuple[Row, ...] = (
    # public exposure
    ("servers-are-private", SERVER, to("network.publicNetworkAccess", "Enabled")),
    ("servers-are-private", SERVER, to("network.delegatedSubnetResourceId", None)),
    ("api-servers-are-not-for-everybody", CLUSTER, to("apiServerAccessProfile.authorizedIPRanges", ["0.0.0.0/0"])),
    ("api-servers-are-not-for-everybody", CLUSTER, to("apiServerAccessProfile.authorizedIPRanges", None)),
    ("routes-need-a-token", ROUTE, to("authorizationType", "NONE")),
    ("routes-need-a-token", ROUTE, to("authorizationScopes", None)),
    ("routes-need-a-token", ROUTE, to("authorizerId", None)),
    ("authorizers-know-whose-tokens", AUTHORIZER, to("jwtConfiguration.audiences", [])),
    ("authorizers-know-whose-tokens", AUTHORIZER, to("jwtConfiguration.issuer", "http://issuer.example")),
    ("browsers-only-from-named-origins", API, to("corsConfiguration.allowOrigins", ["*"])),
    ("functions-are-called-by-one-caller", PERMISSION, to("principal", "*")),
    ("functions-are-called-by-one-caller", PERMISSION, to("sourceArn", None)),
    ("functions-are-called-by-one-caller", PERMISSION, to("qualifier", None)),
    ("functions-are-called-by-one-caller", PERMISSION, to("action", "lambda:*")),
    ("services-stay-inside", SERVICE, to("spec.type", "LoadBalancer")),
    ("services-stay-inside", SERVICE, to("spec.type", "NodePort")),
    ("gateways-refuse-by-default", SOURCES, to("spec.authorization.defaultAction", "Allow")),
    ("stages-are-throttled", STAGE, to("defaultRouteSettings.throttlingRateLimit", None)),
    # who gets in
    ("gateways-ask-for-certificates", GATEWAY, to(f"{FRONTEND}.mode", "AllowInsecureFallback")),
    ("gateways-ask-for-certificates", GATEWAY, to(f"{FRONTEND}.caCertificateRefs", [])),
    ("gateways-ask-for-certificates", GATEWAY, to("spec.tls.frontend", {})),
    ("gateways-ask-for-certificates", GATEWAY, to("spec.listeners.0.allowedRoutes.namespaces.from", "All")),
    ("gateways-ask-for-certificates", GATEWAY, to("spec.listeners.0.protocol", "HTTP")),
    ("gateways-have-their-policies", CALLERS, to("spec.targetRefs.0.name", "another")),
    ("gateways-have-their-policies", SOURCES, to("spec.targetRefs", [])),
    ("callers-are-verified", CALLERS, to(f"{VALIDATION}.subjectAltNames", None)),
    ("callers-are-verified", CALLERS, to(f"{VALIDATION}.subjectAltNames.uris.0.type", "Prefix")),
    ("callers-are-verified", CALLERS, to(f"{VALIDATION}.caCertificateRefs", None)),
    ("callers-are-verified", CALLERS, to(f"{VALIDATION}.mode", "Request")),
    ("callers-are-verified", CALLERS, to("spec.headers.xForwardedClientCert.mode", "AppendForward")),
    ("clusters-are-entered-with-entra-only", CLUSTER, to("disableLocalAccounts", False)),
    ("clusters-are-entered-with-entra-only", CLUSTER, to("aadProfile.enableAzureRBAC", False)),
    ("clusters-are-entered-with-entra-only", CLUSTER, to("apiServerAccessProfile.disableRunCommand", None)),
    ("registries-know-identities-only", REGISTRY, to("adminUserEnabled", True)),
    ("registries-know-identities-only", REGISTRY, to("anonymousPullEnabled", True)),
    ("servers-know-no-password", SERVER, to("authConfig.passwordAuth", "Enabled")),
    ("people-administer-servers", ADMINISTRATOR, to("principalType", "User")),
    ("what-serves-administers-nothing", ADMINISTRATOR, to("principalName", "<UserAssignedIdentity users.name>")),
    ("workspaces-know-identities-only", WORKSPACE, to("features.disableLocalAuth", False)),
    ("pods-identities-are-theirs-alone", CREDENTIAL, to("subject", "system:serviceaccount:apps:*")),
    ("pods-identities-are-theirs-alone", CREDENTIAL, to("audiences", ["everybody"])),
    ("pods-identities-are-theirs-alone", CREDENTIAL, to("issuer", "https://issuer.example/")),
    ("people-do-not-sign-up", POOL, to("adminCreateUserConfig.allowAdminCreateUserOnly", False)),
    ("clients-prove-who-they-are", CLIENT, to("allowedOauthFlows", ["implicit"])),
    ("clients-prove-who-they-are", CLIENT, to("generateSecret", True)),
    ("clients-prove-who-they-are", CLIENT, to("allowedOauthFlows", ["client_credentials"])),
    ("clients-prove-who-they-are", CLIENT, to("refreshTokenRotation.feature", "DISABLED")),
    ("programs-prove-who-they-are", PROGRAMS, within_template("Resources.smoke.Properties.GenerateSecret", False)),
    (
        "programs-prove-who-they-are",
        PROGRAMS,
        within_template("Resources.smoke.Properties.AllowedOAuthFlows", ["code"]),
    ),
    ("programs-prove-who-they-are", PROGRAMS, within_template("Resources.smoke.Properties.AllowedOAuthScopes", [])),
    ("programs-prove-who-they-are", PROGRAMS, within_template("Resources.smoke.Type", "AWS::IAM::User")),
    ("programs-prove-who-they-are", PROGRAMS, within_template("Outputs.smoke.Value", SECRET_OF_SMOKE)),
    ("clients-prove-who-they-are", CLIENT, to("explicitAuthFlows", ["ALLOW_USER_PASSWORD_AUTH"])),
    ("clients-prove-who-they-are", CLIENT, to("tokenValidityUnits.accessToken", "hours")),
)
