"""Weakened arguments of rights, and of the logs that tell of their use."""

from __future__ import annotations

from tests.unit.policy.mutations.types import (
    ASSIGNMENT,
    CLUSTER,
    DIAGNOSTICS,
    FUNCTION,
    LOGS,
    QUEUE_POLICY,
    RIGHTS,
    ROLE,
    STAGE,
    WORKSPACE,
)
from tests.unit.policy.mutations.ways import Row, replaced, to

RIGHTS_AND_LOGS: tuple[Row, ...] = (
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
)
