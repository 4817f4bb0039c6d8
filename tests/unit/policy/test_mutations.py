"""One security argument of the program changed at a time: each time a rule says so; and none does for the program."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from planning.plan import plan
from policy.judge import judge, violations
from policy.planned import stack_of
from policy.rule import Stack
from policy.rules import RULES
from tests.support.program import ROOT, STACKS

Properties = dict[str, Any]
Mutation = Callable[[Properties], None]

NAMES = {rule.name: rule for rule in RULES}

CLUSTER = "azure-native:containerservice:ManagedCluster"
SERVER = "azure-native:dbforpostgresql:Server"
ADMINISTRATOR, JOB = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra", "kubernetes:batch/v1:Job"
REGISTRY = "azure-native:containerregistry:Registry"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ROUTE, STAGE = "aws:apigatewayv2/route:Route", "aws:apigatewayv2/stage:Stage"
API, AUTHORIZER = "aws:apigatewayv2/api:Api", "aws:apigatewayv2/authorizer:Authorizer"
FUNCTION, PERMISSION = "aws:lambda/function:Function", "aws:lambda/permission:Permission"
ROLE, RIGHTS = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
POOL, CLIENT = "aws:cognito/userPool:UserPool", "aws:cognito/userPoolClient:UserPoolClient"
PROGRAMS = "aws:cloudformation/stack:Stack"
SECRET_OF_SMOKE = {"Fn::GetAtt": ["smoke", "ClientSecret"]}
DEPLOYMENT, SERVICE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"
NAMESPACE, POLICY = "kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ACCOUNT, SECRET = "kubernetes:core/v1:ServiceAccount", "kubernetes:core/v1:Secret"
SCALER, BUDGET = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "kubernetes:policy/v1:PodDisruptionBudget"
GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
BACKEND_TLS = "kubernetes:gateway.networking.k8s.io/v1:BackendTLSPolicy"
CALLERS = "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy"
SOURCES = "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy"
RELEASE, PROXY = "kubernetes:helm.sh/v3:Release", "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy"
CILIUM = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
NETWORK, SUBNET = "azure-native:network:VirtualNetwork", "azure-native:network:Subnet"
LEAF, KEY = "tls:index/locallySignedCert:LocallySignedCert", "tls:index/privateKey:PrivateKey"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
PROVIDER = "pulumi:providers:kubernetes"
TABLE, TOPIC, KMS = "aws:dynamodb/table:Table", "aws:sns/topic:Topic", "aws:kms/key:Key"
QUEUE, QUEUE_POLICY = "aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"
TOPIC_POLICY, MAPPING = "aws:sns/topicPolicy:TopicPolicy", "aws:lambda/eventSourceMapping:EventSourceMapping"
KEPT = "aws:secretsmanager/secret:Secret"
WORKSPACE = "azure-native:operationalinsights:Workspace"
DIAGNOSTICS = "azure-native:monitor:DiagnosticSetting"

FRONTEND = "spec.tls.frontend.default.validation"
VALIDATION = "spec.tls.clientValidation"
APP = "spec.template.spec.containers.0"


def to(path: str, value: Any) -> Mutation:
    """Sets a property; None takes it away."""

    def mutate(properties: Properties) -> None:
        *steps, last = path.split(".")
        holder: Any = properties
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is None:
            del holder[last]
        else:
            holder[last] = value

    return mutate


def within_template(path: str, value: Any) -> Mutation:
    """Sets a property within a stack of CloudFormation."""

    def mutate(properties: Properties) -> None:
        template = json.loads(properties["templateBody"])
        to(path, value)(template)
        properties["templateBody"] = json.dumps(template)

    return mutate


def replaced(path: str, old: str, new: str) -> Mutation:
    """Replaces a part of a text."""

    def mutate(properties: Properties) -> None:
        assert old in properties[path]
        properties[path] = properties[path].replace(old, new)

    return mutate


MUTATIONS: tuple[tuple[str, str, Mutation], ...] = (
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
    # encryption
    ("callers-are-verified", CALLERS, to("spec.tls.minVersion", "1.0")),
    ("routes-lead-to-tls", BACKEND_TLS, to("spec.targetRefs.0.name", "another")),
    ("routes-lead-to-tls", BACKEND_TLS, to("spec.validation.hostname", None)),
    ("secrets-are-marked", SECRET, to("stringData", {"url": "postgresql://..."})),
    ("secrets-are-marked", VERSION, to("secretString", "{}")),
    ("secrets-are-marked", PROVIDER, to("kubeconfig", "apiVersion: v1")),
    ("nothing-looks-like-a-secret", FUNCTION, to("description", "postgresql://u:pw@host/db")),
    ("functions-are-told-where-secrets-are", FUNCTION, to("environment.variables.API_KEY", "abc")),
    ("containers-hold-no-secret-in-clear", DEPLOYMENT, to(f"{APP}.env.0", {"name": "DB_PASSWORD", "value": "x"})),
    ("certificates-end", LEAF, to("validityPeriodHours", 87600)),
    ("leaves-sign-nothing", LEAF, to("allowedUses", ["cert_signing"])),
    ("leaves-sign-nothing", LEAF, to("allowedUses", ["client_auth", "server_auth"])),
    ("tables-are-encrypted-with-a-key-of-ours", TABLE, to("serverSideEncryption", None)),
    ("tables-are-encrypted-with-a-key-of-ours", TABLE, to("serverSideEncryption.kmsKeyArn", None)),
    ("secrets-are-encrypted-with-a-key-of-ours", KEPT, to("kmsKeyId", None)),
    ("queues-are-encrypted", QUEUE, to("sqsManagedSseEnabled", False)),
    (
        "messages-travel-encrypted",
        QUEUE_POLICY,
        replaced("policy", "aws:SecureTransport", "aws:MultiFactorAuthPresent"),
    ),
    ("messages-travel-encrypted", TOPIC_POLICY, replaced("policy", "Deny", "Allow")),
    ("topics-are-encrypted", TOPIC, to("kmsMasterKeyId", None)),
    ("alarms-can-reach-their-topics", TOPIC, to("kmsMasterKeyId", "alias/aws/sns")),
    ("kms-keys-rotate", KMS, to("enableKeyRotation", None)),
    ("principals-are-named", KMS, replaced("policy", '{"Service": "cloudwatch.amazonaws.com"}', '"*"')),
    ("principals-are-named", KMS, replaced("policy", "aws:SourceArn", "aws:PrincipalOrgID")),
    ("keys-are-strong", KEY, to("ecdsaCurve", "P224")),
    # rights
    ("actions-are-named", RIGHTS, replaced("policy", "secretsmanager:GetSecretValue", "secretsmanager:*")),
    ("actions-are-named", RIGHTS, replaced("policy", "logs:PutLogEvents", "*")),
    ("resources-are-named", RIGHTS, replaced("policy", "<SecretVersion orchestrator.secretArn>", "*")),
    ("resources-are-named", RIGHTS, replaced("policy", "<LogGroup orchestrator.arn>:*", "arn:aws:logs:*:*:*")),
    ("policies-can-be-read", RIGHTS, to("policy", "<computed>")),
    ("principals-are-named", ROLE, replaced("assumeRolePolicy", '{"Service": "lambda.amazonaws.com"}', '"*"')),
    ("principals-are-named", ROLE, replaced("assumeRolePolicy", "aws:SourceArn", "aws:PrincipalOrgID")),
    ("principals-are-named", QUEUE_POLICY, replaced("policy", "aws:SourceArn", "aws:PrincipalOrgID")),
    ("no-policies-of-aws", ROLE, to("managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])),
    ("roles-are-small", ASSIGNMENT, to("roleDefinitionId", "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635")),
    ("roles-are-small", ASSIGNMENT, to("scope", "/subscriptions/00000000-0000-0000-0000-000000000000")),
    ("roles-are-small", ASSIGNMENT, to("principalType", "User")),
    # logs
    ("logs-end", LOGS, to("retentionInDays", None)),
    ("workspaces-end", WORKSPACE, to("retentionInDays", None)),
    ("production-remembers", LOGS, to("retentionInDays", 7)),
    ("functions-write-to-a-group-of-the-stack", FUNCTION, to("loggingConfig.logGroup", "/aws/lambda/x")),
    ("function-logs-are-json", FUNCTION, to("loggingConfig.logFormat", "Text")),
    ("clusters-are-audited", DIAGNOSTICS, to("logs.0.enabled", False)),
    ("clusters-are-audited", DIAGNOSTICS, to("logs", [])),
    ("clusters-are-guarded", CLUSTER, to("securityProfile.defender", None)),
    ("clusters-are-guarded", CLUSTER, to("addonProfiles.azurepolicy.enabled", False)),
    ("clusters-are-guarded", CLUSTER, to("nodeResourceGroupProfile.restrictionLevel", "Unrestricted")),
    ("calls-are-logged", STAGE, to("accessLogSettings", None)),
    # pods
    ("images-are-named-by-digest", DEPLOYMENT, to(f"{APP}.image", "registry.example/users:latest")),
    ("images-are-named-by-digest", DEPLOYMENT, to(f"{APP}.image", "<Image users.name>")),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.privileged", True)),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.allowPrivilegeEscalation", True)),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.readOnlyRootFilesystem", False)),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.capabilities.drop", [])),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.capabilities.add", ["NET_ADMIN"])),
    ("pods-are-confined", DEPLOYMENT, to(f"{APP}.securityContext.runAsUser", 0)),
    ("pods-are-confined", DEPLOYMENT, to("spec.template.spec.securityContext.runAsNonRoot", False)),
    ("pods-are-confined", DEPLOYMENT, to("spec.template.spec.securityContext.seccompProfile", None)),
    ("pods-share-nothing-of-the-node", DEPLOYMENT, to("spec.template.spec.hostNetwork", True)),
    ("pods-share-nothing-of-the-node", DEPLOYMENT, to("spec.template.spec.volumes.1", {"name": "t", "hostPath": {}})),
    ("pods-mount-no-token", DEPLOYMENT, to("spec.template.spec.automountServiceAccountToken", True)),
    ("pods-mount-no-token", JOB, to("spec.template.spec.automountServiceAccountToken", True)),
    ("pods-are-confined", JOB, to(f"{APP}.securityContext.allowPrivilegeEscalation", True)),
    ("images-are-named-by-digest", JOB, to(f"{APP}.image", "registry.example/users:latest")),
    ("jobs-end-and-stay", JOB, to("spec.activeDeadlineSeconds", None)),
    ("jobs-end-and-stay", JOB, to("spec.ttlSecondsAfterFinished", 60)),
    ("accounts-mount-no-token", ACCOUNT, to("automountServiceAccountToken", None)),
    ("containers-say-what-they-need", DEPLOYMENT, to(f"{APP}.resources.limits", None)),
    ("namespaces-admit-confined-pods-only", NAMESPACE, to("metadata.labels", {"edge": "true"})),
    ("namespaces-deny-by-default", POLICY, to("spec.policyTypes", ["Ingress"])),
    ("flows-are-named", POLICY, to("spec.ingress", [{"ports": [{"port": 8443}]}])),
    ("flows-are-named", POLICY, to("spec.egress", [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{}]}])),
    ("flows-are-named", POLICY, to("spec.egress", [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 1}]}])),
    ("flows-are-named", POLICY, to("spec.egress.0.ports", [{"protocol": "TCP"}])),
    ("flows-are-named", POLICY, to("spec.egress.0.to", [{"namespaceSelector": {"matchLabels": {}}}])),
    ("cilium-allows-the-nodes-dns-only", CILIUM, to("spec.egress.0.toEntities", ["world"])),
    ("cilium-allows-the-nodes-dns-only", CILIUM, to("spec.egress.0.toPorts", None)),
    ("cilium-allows-the-nodes-dns-only", CILIUM, to("spec.ingress", [{"fromEntities": ["all"]}])),
    ("namespaces-reach-the-nodes-dns", CILIUM, to("metadata.namespace", "another")),
    ("namespaces-reach-the-nodes-dns", CILIUM, to("spec.endpointSelector", {"matchLabels": {"app": "users"}})),
    ("clusters-enforce-network-policies", CLUSTER, to("networkProfile.networkPolicy", "none")),
    # staying up
    ("autoscalers-own-the-replicas", DEPLOYMENT, to("spec.replicas", 3)),
    ("services-have-two-pods", SCALER, to("spec.minReplicas", 1)),
    ("nodes-can-be-drained", BUDGET, to("spec.maxUnavailable", 0)),
    ("nodes-can-be-drained", BUDGET, to("spec.selector.matchLabels", {"app": "another"})),
    ("roll-outs-keep-capacity", DEPLOYMENT, to("spec.strategy.rollingUpdate.maxUnavailable", 1)),
    ("pods-are-spread", DEPLOYMENT, to("spec.template.spec.topologySpreadConstraints", [])),
    ("pods-are-spread", PROXY, to("spec.provider.kubernetes.envoyDeployment.pod", None)),
    ("pods-are-spread", PROXY, to("spec.provider.kubernetes.envoyDeployment.pod.topologySpreadConstraints.0", {})),
    ("pods-are-spread", RELEASE, to("values.deployment.pod", None)),
    ("networks-leave-subnets-alone", NETWORK, to("subnets", [{"name": "nodes"}])),
    ("servers-reach-storage", SUBNET, to("serviceEndpoints", None)),
    ("servers-can-be-restored", SERVER, to("backup.backupRetentionDays", 1)),
    ("servers-outlive-a-zone", SERVER, to("highAvailability.mode", "Disabled")),
    ("tables-can-be-restored", TABLE, to("pointInTimeRecovery.enabled", False)),
    ("tables-are-not-deleted", TABLE, to("deletionProtectionEnabled", False)),
    ("queues-that-are-read-have-a-dead-letter-queue", QUEUE, to("redrivePolicy", None)),
    ("consumers-lose-nothing", MAPPING, to("functionResponseTypes", [])),
    ("pools-are-not-deleted", POOL, to("deletionProtection", "INACTIVE")),
    ("clusters-have-an-uptime-agreement", CLUSTER, to("sku.tier", "Free")),
    # versions, tags
    ("versions-are-supported", FUNCTION, to("runtime", "python3.7")),
    ("versions-are-supported", CLUSTER, to("kubernetesVersion", "1.26")),
    ("versions-are-supported", SERVER, to("version", "11")),
    ("versions-are-supported", RELEASE, to("version", "v1.2.0")),
    ("charts-are-pinned", RELEASE, to("version", "latest")),
    ("nodes-are-patched", CLUSTER, to("autoUpgradeProfile.nodeOSUpgradeChannel", "None")),
    ("azure-resources-are-tagged", CLUSTER, to("tags", {"project": "crosscloud"})),
)


@functools.cache
def planned(stack: str) -> Stack:
    return stack_of(ROOT, stack)


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_keeps_every_rule(stack: str) -> None:
    verdict = judge(planned(stack))
    assert [str(violation) for violation in verdict.violations] == []
    assert verdict.unneeded == ()


def test_the_program_keeps_every_rule_while_a_service_has_a_canary() -> None:
    services: dict[str, Any] = dict(planned("prod").config["crosscloud:services"])
    canary = {"previousImage": f"registry.example/users@sha256:{'a' * 64}", "weight": 0.9}
    services["users"] = {**services["users"], "canary": canary}
    stack = stack_of(ROOT, "prod", plan(ROOT, "prod", config={"crosscloud:services": services}))
    assert "users-canary" in {resource.name for resource in stack.resources}
    assert [str(violation) for violation in judge(stack).violations] == []


def _id(case: Any) -> str:
    return re.sub(r"\W+", "-", case) if isinstance(case, str) else ""


@pytest.mark.parametrize(("rule", "type_", "mutate"), MUTATIONS, ids=_id)
def test_a_weakened_argument_is_noticed(rule: str, type_: str, mutate: Mutation) -> None:
    """The change is made in each resource of the type that allows it: another policy may lack the text to replace."""
    stack = planned("prod")
    noticed: set[str] = set()
    fitted = 0
    for index, resource in enumerate(stack.resources):
        if resource.type != type_:
            continue
        properties = copy.deepcopy(dict(resource.properties))
        try:
            mutate(properties)
        except (AssertionError, IndexError, KeyError):
            continue
        fitted += 1
        changed = Stack(
            name=stack.name,
            production=stack.production,
            config=stack.config,
            resources=(
                *stack.resources[:index],
                dataclasses.replace(resource, properties=properties),
                *stack.resources[index + 1 :],
            ),
        )
        noticed |= {
            violation.rule.name
            for violation in judge(changed).violations
            if violation.rule.stack or violation.resource == resource.label
        }
    assert fitted, f"the program has no {type_} to which this can be done"
    assert rule in noticed


def as_an_engine_shows(value: Any) -> Any:
    """Returns the value with something that tells nothing, such as an id, for each reference of a plan."""
    if isinstance(value, str):
        return re.sub(r"<[^<>]+>", lambda reference: str(uuid.uuid5(uuid.NAMESPACE_URL, reference[0])), value)
    if isinstance(value, Mapping):
        return {key: as_an_engine_shows(each) for key, each in value.items()}
    return [as_an_engine_shows(each) for each in value] if isinstance(value, list | tuple) else value


@functools.cache
def as_an_engine_shows_it(stack: str) -> Stack:
    resources = tuple(
        dataclasses.replace(each, properties=as_an_engine_shows(each.properties)) for each in planned(stack).resources
    )
    return dataclasses.replace(planned(stack), resources=resources, config={})


@pytest.mark.parametrize(
    ("rule", "type_", "mutate"), [case for case in MUTATIONS if not NAMES[case[0]].plan_only], ids=_id
)
def test_a_rule_that_reads_a_plan_s_references_is_for_plans_only(rule: str, type_: str, mutate: Mutation) -> None:
    """A rule that an engine loads, too, notices the weakened argument where there are real values for references."""
    stack, noticed = as_an_engine_shows_it("prod"), False
    for index, resource in enumerate(planned("prod").resources):
        if resource.type != type_:
            continue
        properties = copy.deepcopy(dict(resource.properties))
        try:
            mutate(properties)
        except (AssertionError, IndexError, KeyError):
            continue
        weakened = dataclasses.replace(resource, properties=as_an_engine_shows(properties))
        resources = (*stack.resources[:index], weakened, *stack.resources[index + 1 :])
        found = violations(dataclasses.replace(stack, resources=resources), [NAMES[rule]])
        noticed |= bool(list(found))
    assert noticed


def test_a_resource_that_is_not_protected_any_more_is_noticed() -> None:
    stack = planned("prod")
    for weak in (CLUSTER, SERVER, TABLE, KMS):
        resources = tuple(
            type(each)(
                type=each.type, name=each.name, properties=each.properties, protect=each.type != weak and each.protect
            )
            for each in stack.resources
        )
        changed = Stack(name="prod", production=True, resources=resources, config=stack.config)
        assert "what-is-precious-is-protected" in {found.rule.name for found in judge(changed).violations}


def test_a_policy_that_is_left_out_is_noticed() -> None:
    stack = planned("prod")
    for gone, rule in (
        (POLICY, "namespaces-deny-by-default"),
        (BACKEND_TLS, "routes-lead-to-tls"),
        (BUDGET, "nodes-can-be-drained"),
        (ADMINISTRATOR, "people-administer-servers"),
        (LOGS, "functions-write-to-a-group-of-the-stack"),
    ):
        resources = tuple(each for each in stack.resources if each.type != gone)
        changed = Stack(name="prod", production=True, resources=resources, config=stack.config)
        assert rule in {found.rule.name for found in judge(changed).violations}


def test_missing_tags_of_aws_are_noticed() -> None:
    stack = planned("prod")
    changed = Stack(name="prod", production=True, resources=stack.resources, config={})
    assert "aws-tags-everything" in {found.rule.name for found in judge(changed).violations}
