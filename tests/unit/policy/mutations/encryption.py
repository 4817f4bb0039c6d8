"""Weakened arguments of encryption, of certificates and of secrets."""

from __future__ import annotations

from tests.unit.policy.mutations.types import (
    BACKEND_TLS,
    CALLERS,
    DEPLOYMENT,
    FUNCTION,
    KEPT,
    KEY,
    KMS,
    LEAF,
    PROVIDER,
    QUEUE,
    QUEUE_POLICY,
    SECRET,
    TABLE,
    TOPIC,
    TOPIC_POLICY,
    VERSION,
)
from tests.unit.policy.mutations.ways import APP, Row, replaced, to

ENCRYPTION: tuple[Row, ...] = (
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
)
